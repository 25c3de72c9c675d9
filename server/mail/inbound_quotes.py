"""What somebody wrote, without what they were answering."""

import re

# The line with which a mail program says whose words follow.
_SAID = re.compile(
    r"(on\b.{4,160}\bwrote:|op\b.{4,160}\bschreef\b.{0,120}:|le\b.{4,160}a écrit\s?:|"
    r"am\b.{4,160}\bschrieb\b.{0,120}:)\s*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*(-{2,}\s*(original message|oorspronkelijk bericht|doorgestuurd bericht|"
    r"forwarded message)\s*-{2,}|_{10,})\s*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(from|van)\*?:\s.*", re.IGNORECASE)
_SENT = re.compile(r"\*?(sent|verzonden|date|datum)\*?:\s.*", re.IGNORECASE)


def own_words(text: str) -> str:
    """The text above the history that it quotes; all of it where answers stand between quotes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = next((n for n in range(len(lines)) if _begins_history(lines, n)), len(lines))
    kept = lines[:end]
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    return "\n".join(kept if any(map(str.strip, kept)) else lines).strip()


def _begins_history(lines: list[str], n: int) -> bool:
    line, following = lines[n].strip(), [one.strip() for one in lines[n + 1 : n + 4]]
    if _FORWARDED.fullmatch(line):
        return True
    if _FROM.fullmatch(line) and any(map(_SENT.fullmatch, following)):
        return True
    # Long lines are broken in two.
    broken = " ".join([line, *following[:1]])
    if _SAID.fullmatch(line):
        return not _is_interleaved(lines[n + 1 :])
    return bool(_SAID.fullmatch(broken)) and not _is_interleaved(lines[n + 2 :])


def _is_interleaved(lines: list[str]) -> bool:
    """Words of their own stand below a quote."""
    quoted = [line.lstrip().startswith(">") for line in lines if line.strip()]
    return True in quoted and False in quoted[quoted.index(True) :]
