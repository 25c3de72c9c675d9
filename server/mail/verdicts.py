"""What a mail server means by an answer: said live at the door, or later in a report."""

import re
from typing import Literal

Verdict = Literal["sent", "soft", "hard", "policy", "failed"]
Kind = Literal["hard", "soft", "policy"]

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")  # RFC 3463
BEGINS = 12  # letters of an answer in which its own status stands
GONE = ((5, 1, 1), (5, 1, 10))  # no such mailbox, a domain that takes no mail
GONE_SINCE = (*GONE, (5, 1, 3), (5, 1, 6))  # in a report: also no address at all, and moved away
FULL = (5, 2, 2)
POLICY = 7  # subject of RFC 3463


def status_of(text: str) -> tuple[int, int, int] | None:
    """The first status of RFC 3463 in a text (`5.1.1`); None where there is none."""
    found = ENHANCED.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def verdict(code: int, text: str) -> Verdict:
    """What an answer at the door says; `text` comes without its code and begins with the status.

    `hard`: there is no such mailbox. `soft`: not now, or it is full. `policy`: they do not want
    our mail, which is no fault of the reader. `failed`: final for this mail, and says nothing of
    the address. No answer at all (code 0) is `soft`.
    """
    if 200 <= code < 400:
        return "sent"
    if not 500 <= code < 600:
        return "soft"
    # A status further on belongs to somebody else's story.
    status = status_of(text.lstrip()[:BEGINS])
    if status in GONE:
        return "hard"
    if status == FULL:
        return "soft"
    return "policy" if status and status[:2] == (5, POLICY) else "failed"


def kind_of_report(status: str, text: str) -> Kind:
    """What a final report (RFC 3464) says of the address; `text` are the words of the server.

    `soft`: this mail did not arrive, though the mailbox may well be there.
    """
    told, said = status_of(status), status_of(text)
    # Some write a bare 5.0.0 and leave what they mean to the words.
    if told is None or told[1] == 0:
        told = said or told
    if told in GONE_SINCE:
        return "hard"
    # Also 4.7.x: whoever is greylisted for days is not wanted, and the reader cannot help it.
    return "policy" if told and told[1] == POLICY else "soft"
