"""A few people whose story is told by hand, so that whatever the day every state can be seen.

Times are days before today; a piece is named by its place in the library, from 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.demo.personas import PERSONAS
from server.demo.worlds import LAPTOP, MINUTE, PHONE, YEAR, Act, Person, Piece

HOURS = 1 / 24


@dataclass(frozen=True)
class Deed:
    """What sales recorded; `until` is in days from today, `by` which colleague."""

    ago: float
    kind: str
    reason: str = ""
    value: float = 0.0
    until: float = 0.0
    by: int = 0


@dataclass(frozen=True)
class Story:
    """One person: what they did (days ago, kind, piece, value) and what sales recorded.

    `read` stands for chapters up to a share of the piece; `burst` for a machine that opens all,
    `friends` for two others who read through the same link.
    """

    role: str
    acts: tuple[tuple[float, str, int, float], ...]
    deeds: tuple[Deed, ...] = ()
    language: str = "nl"
    persona: str = "buyer"
    tips: float | None = None
    paused: bool = False
    objects: float | None = None
    snoozed: bool = False
    bounces: bool = False


STORIES: tuple[Story, ...] = (
    # Ready: they asked for a call.
    Story("decider", ((24, "gift.taken", 0, 0), (21, "read", 0, 1), (13, "rating", 0, 4),
                      (1, "contact.requested", 0, 0)), tips=24),
    Story("user", ((12, "gift.taken", 1, 0), (10, "read", 1, 0.6), (2, "contact.requested", 1, 0)),
          language="en"),
    # Ready: read, liked, and something came back since.
    Story("decider", ((31, "gift.taken", 0, 0), (27, "read", 0, 1), (19, "rating", 0, 4),
                      (17, "gift.taken", 1, 0), (9, "reply", 1, 0), (3, "question", 0, 0)),
          tips=31),
    Story("decider", ((26, "gift.taken", 1, 0), (23, "read", 1, 1), (14, "rating", 1, 4),
                      (6, "forward", 1, 0), (4, "question", 1, 0))),
    Story("decider", ((44, "gift.taken", 0, 0), (40, "read", 0, 1), (30, "rating", 0, 3),
                      (22, "forward", 0, 0), (5, "reply", 0, 0), (2, "question", 0, 0)),
          language="en", tips=44),
    Story("user", ((35, "gift.taken", 1, 0), (30, "read", 1, 1), (21, "rating", 1, 4),
                   (7, "question", 1, 0), (5, "question", 1, 0), (3, "forward", 1, 0))),
    # Ready, and a colleague has taken it up.
    Story("decider", ((38, "gift.taken", 1, 0), (33, "read", 1, 1), (24, "rating", 1, 4),
                      (8, "question", 1, 0), (5, "reply", 1, 0)), (Deed(1, "accepted", by=1),)),
    # In the days of rest after a gift.
    Story("decider", ((1.2, "gift.taken", 0, 0), (1, "read", 0, 0.5))),
    Story("user", ((2.1, "gift.taken", 1, 0),), tips=40),
    # To be asked how it was.
    Story("user", ((16, "gift.taken", 0, 0), (12, "read", 0, 1))),
    Story("decider", ((20, "gift.taken", 1, 0), (9, "read", 1, 1)), tips=90),
    Story("user", ((15, "gift.taken", 1, 0), (13, "read", 1, 0.75)), language="en"),
    # Liked it and was not offered a way to give back.
    Story("user", ((30, "gift.taken", 0, 0), (26, "read", 0, 1), (6, "rating", 0, 4))),
    Story("decider", ((60, "gift.taken", 1, 0), (55, "read", 1, 1), (41, "rating", 1, 3)),
          snoozed=True),
    # Offered, put off, lost, won, no fit.
    Story("decider", ((50, "gift.taken", 0, 0), (46, "read", 0, 1), (37, "rating", 0, 4),
                      (20, "question", 0, 0)), (Deed(11, "meeting"), Deed(4, "offer"))),
    Story("decider", ((70, "gift.taken", 1, 0), (61, "read", 1, 1), (30, "reply", 1, 0)),
          (Deed(21, "contacted", by=1), Deed(20, "not_now", until=45, by=1)), tips=70),
    Story("user", ((80, "gift.taken", 0, 0), (72, "read", 0, 1)),
          (Deed(33, "offer"), Deed(12, "lost", "price"))),
    Story("decider", ((95, "gift.taken", 1, 0), (90, "read", 1, 1), (80, "rating", 1, 4),
                      (48, "contact.requested", 1, 0)),
          (Deed(47, "contacted"), Deed(39, "offer"), Deed(17, "won", value=4850)), tips=95),
    Story("student", ((66, "gift.taken", 0, 0), (64, "read", 0, 1), (60, "question", 0, 0)),
          (Deed(59, "not_a_fit", "student", by=1),), persona="student"),
    # Wants no profile; was given much and nothing came back; read, and may be given something.
    Story("user", ((120, "gift.taken", 0, 0), (115, "read", 0, 1)), objects=30),
    Story("decider", ((70, "gift.taken", 0, 0), (40, "gift.taken", 1, 0),
                      (100, "help.given", 0, 0), (80, "help.given", 0, 0),
                      (50, "help.given", 0, 0), (20, "help.given", 0, 0)),
          persona="bargain hunter"),
    Story("user", ((48, "gift.taken", 0, 0), (45, "read", 0, 0.5)), paused=True, tips=48),
    Story("decider", ((52, "gift.taken", 1, 0), (50, "read", 1, 1)), language="en"),
    # Their mailbox turned out not to be there any more.
    Story("user", ((85, "gift.taken", 0, 0), (83, "read", 0, 0.5)), tips=85, bounces=True),
    # Take everything and read nothing.
    *[
        Story("user", ((150 - 11 * n, "gift.taken", 0, 0), (149 - 11 * n, "gift.taken", 1, 0),
                       (148.9 - 11 * n, "gift.taken", 2, 0)), persona="bargain hunter")
        for n in range(9)
    ],
    # Silent for long, brand new, and a link whose year is over.
    Story("user", ((131, "gift.taken", 1, 0), (128, "read", 1, 0.3))),
    Story("", (), tips=1.4, persona="quiet subscriber"),
    Story("user", ((380, "gift.taken", 0, 0), (378, "read", 0, 1))),
    # Asked and has not pressed the button in the mail yet.
    Story("", ((0.3, "gift.requested", 0, 0),)),
    Story("", ((1.6, "gift.requested", 1, 0),), language="en"),
    Story("", ((4.7, "gift.requested", 1, 0),)),
    # A machine in their mail opened every chapter; and a link that went round the office.
    Story("user", ((8, "gift.taken", 1, 0), (7.9, "burst", 1, 0)), tips=8),
    Story("user", ((18, "gift.taken", 0, 0), (16, "read", 0, 1), (15, "friends", 0, 0),
                   (10, "rating", 0, 3)), persona="forwarder"),
)  # fmt: skip


def play(story: Story, number: int, pieces: Sequence[Piece], days: float) -> Person:
    """The person of a story, in a world that ends today after so many days."""
    # Nobody does everything on the stroke of the hour.
    late = 0.08 + 0.57 * (number * 7 % 19) / 19
    days += late if min([ago for ago, *_ in story.acts] + [story.tips or YEAR]) >= 1 else 0.0
    first = max([ago for ago, *_ in story.acts] + [story.tips or 0.0])
    persona = next(one for one in PERSONAS if one.name == story.persona)
    person = Person(number, persona, days - first, "search", story.role, True, False)
    if story.tips is not None:
        person.on_list, person.followed = days - story.tips, number % 2 == 0
        person.acts.append(_act(person, days - story.tips, "newsletter.confirmed"))
    for ago, kind, place, value in story.acts:
        piece = pieces[place % len(pieces)]
        person.acts += _acts(person, days - ago, kind, piece, value)
    if story.objects is not None:
        person.acts.append(_act(person, days - story.objects, "profiling.objected"))
    person.acts.sort(key=lambda act: act.at)
    return person


def _acts(person: Person, at: float, kind: str, piece: Piece, value: float) -> list[Act]:
    if kind == "read":
        last = max(1, round(value * piece.chapters))
        return [
            _act(person, at + 4 * MINUTE * n, "read.chapter", piece.slug, n)
            for n in range(1, last + 1)
        ]
    if kind == "burst":
        return [
            Act(at + MINUTE / 60 * n, "read.chapter", piece.slug, n, "", LAPTOP, "cloud-7", False)
            for n in range(1, piece.chapters + 1)
        ]
    if kind == "friends":
        return [
            Act(at + n * HOURS, "read.chapter", piece.slug, 1 + n, "", PHONE, f"office-{n}")
            for n in range(3)
        ]
    return [_act(person, at, kind, piece.slug, value)]


def _act(person: Person, at: float, kind: str, subject: str = "", value: float = 0.0) -> Act:
    return Act(at, kind, subject, value, agent=LAPTOP, network=f"home-{person.number}")
