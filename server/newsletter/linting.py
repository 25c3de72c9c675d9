"""What is wrong with a tip before anybody gets it, each with its file, its line and its remedy."""

import re
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from server.kit.content import Document, Finding, read_document
from server.mail import asks
from server.mail.letter_slots import FOOT_SLOTS, HOUSE_SLOTS, READER_SLOTS
from server.mail.letters import OPTIONAL, Letter
from server.newsletter import issuing, sequences_running
from server.newsletter.addresses import leads_somewhere
from server.newsletter.issuing import Editor
from server.newsletter.sequences import Sequence, Sequences
from server.newsletter.tips import Tip

HEAVIEST = 100_000  # octets of a mail; above 102 kB large providers show the first part only
KNOWN_SLOTS = (HOUSE_SLOTS | READER_SLOTS["tip"] | FOOT_SLOTS) - {"content"}
FOR_READERS = ("name", "company")
ANY_SLOT = re.compile(r"\{\{(.*?)\}\}")


class UnfitError(Exception):
    """This issue has faults that must be mended first; `findings` says which."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(one.text("en") for one in findings))
        self.findings = findings


def demand_fit(editor: Editor, name: str) -> None:
    """Nothing; raises UnfitError where an issue may not be sent as it is."""
    errors = [one for one in lint(editor, name) if one.is_error]
    if errors:
        raise UnfitError(errors)


def lint(editor: Editor, name: str) -> list[Finding]:
    """All that is wrong with an issue: its files, its text, and the template it goes in."""
    folder = editor.tips.folder / "newsletter"
    files = [one for one in editor.tips.findings() if one.file.name.split(".")[0] == name]
    around = [
        one
        for one in editor.letters.findings()
        if one.file.name == "layout.html" or one.file.name.startswith("tip.")
    ]
    if not editor.house.postal_address.strip():
        around.append(Finding(editor.tips.folder / "site.yaml", 1, "newsletter.lint_no_address"))
    told = [fault for tip in editor.tips.issues().get(name, []) for fault in _of(editor, tip)]
    found = [one for one in files if one.file.parent == folder] + told + around
    return sorted(found, key=lambda one: (str(one.file), one.line))


def lint_texts(editor: Editor) -> list[Finding]:
    """What is wrong with the texts of all tips that can be read."""
    tips = [tip for editions in editor.tips.issues().values() for tip in editions]
    return [fault for tip in tips for fault in _of(editor, tip)]


def lint_sequences(editor: Editor) -> list[Finding]:
    """What is wrong with the sequences and the texts they send."""
    sequences = Sequences(editor.tips.folder)
    texts = [one for found in sequences.all().values() for one in lint_sequence(editor, found)]
    return sequences.findings() + texts


def lint_sequence(editor: Editor, sequence: Sequence) -> list[Finding]:
    """What is wrong with the texts of one sequence."""
    found: list[Finding] = []
    for tip in sequence.texts.values():
        letter = sequences_running.sample_of(editor, sequence, tip)
        folder = editor.tips.folder / "sequences" / sequence.name
        doc = read_document(folder / f"{tip.issue}.{tip.language}.md")
        found += _faults(editor, tip, doc, letter)
    return found


def _of(editor: Editor, tip: Tip) -> Iterator[Finding]:
    for one in (tip, tip.second) if tip.second else (tip,):
        doc = read_document(editor.tips.folder / "newsletter" / one.file_name)
        yield from _faults(editor, one, doc, issuing.sample_of(editor, one))


def _faults(editor: Editor, tip: Tip, doc: Document, letter: Letter) -> Iterator[Finding]:
    content = editor.tips.folder
    if not tip.subject.strip():
        yield _finding(doc, "subject:", "newsletter.lint_no_subject")
    yield from _slots(doc)
    for link in tip.tree.iter("a"):
        target = link.get("href", "")
        if not leads_somewhere(target, editor.site, content):
            yield _finding(doc, target, "newsletter.lint_dead_link", {"link": target})
    for picture in tip.tree.iter("img"):
        if not picture.get("alt", "").strip():
            source = picture.get("src", "")
            yield _finding(doc, source, "newsletter.lint_no_alt", {"picture": source})
    yield from _asks(doc, tip)
    size = _octets(letter)
    if size > HEAVIEST:
        values = {"size": -(-size // 1000), "most": HEAVIEST // 1000}
        yield _finding(doc, "", "newsletter.lint_heavy", values)


def _finding(
    doc: Document, needle: str, key: str, values: Mapping[str, Any] | None = None
) -> Finding:
    """At the line where something stands first; at the top where it stands nowhere."""
    place = doc.source.find(needle) if needle else 0
    line = doc.source.count("\n", 0, max(place, 0)) + 1
    return Finding(doc.file, line, key, values or {})


def _slots(doc: Document) -> Iterator[Finding]:
    """A slot that nothing fills, and one of the reader that may have nothing to fill it with."""
    for number, line in _lines(doc):
        for slot in ANY_SLOT.finditer(line):
            name = slot[1].strip()
            if OPTIONAL.fullmatch(slot[0]) or name in KNOWN_SLOTS:
                continue
            key = "newsletter.lint_slot"
            if name in FOR_READERS:
                key = "newsletter.lint_no_fallback"
            yield Finding(doc.file, number, key, {"slot": name})


def _lines(doc: Document) -> Iterator[tuple[int, str]]:
    """Subject, preview and the lines of the text, each with its number."""
    lines = doc.source.splitlines()
    start = len(lines) - len(doc.body.splitlines())
    for number, line in enumerate(lines, 1):
        if number > start:
            yield number, line
        elif match := re.match(r"[\s-]*(?:variants: *\[\{)?(?:subject|preview)\s*:\s*(.*)", line):
            yield number, match[1].strip("'\"")


def _asks(doc: Document, tip: Tip) -> Iterator[Finding]:
    """An ask that the file does not declare; a mere word only where it declares nothing."""
    if tip.is_ask:
        return
    harmless = {word.lower() for word in doc.words("not_an_ask")}
    for number, line in _lines(doc):
        word = asks.call_in(line, tip.language, harmless)
        is_call = word != ""
        if not is_call and "asks" not in doc.meta:
            word = asks.mention_in(line, tip.language, harmless)
        if word:
            key = "newsletter.lint_ask" if is_call else "newsletter.lint_maybe_ask"
            yield Finding(doc.file, number, key, {"word": word}, is_error=is_call)


def _octets(letter: Letter) -> int:
    """How heavy the mail is on its way."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = letter.subject
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return len(mail.as_bytes())
