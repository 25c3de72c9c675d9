"""The log of invented people: one line for each thing they did, as the product writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from server.demo.measuring import IN_MAIL, reached
from server.demo.people import MINUTES, Life, opinion
from server.demo.staging import Done, Stage, number_of
from server.demo.worlds import World
from server.gifts.models import Gift
from server.mail.models import Delivery
from server.tracking.models import Event

# What the product notes; pages without a name on them are not followed.
NOTED = (
    "gift.taken",
    "read.chapter",
    "rating",
    "question",
    "reply",
    "forward",
    "contact.requested",
    "newsletter.confirmed",
    "unsubscribe",
    "profiling.objected",
    "help.given",
    *IN_MAIL,
)
OURS = ("newsletter.confirmed", "profiling.objected", "help.given")  # no visitor stands behind it
SAID = {"question": "questions", "reply": "replies", "contact.requested": "contact"}


@dataclass(frozen=True)
class Subjects:
    """What lines of a person point to: their gifts by slug, their tips by name with its subject."""

    gifts: Mapping[str, Gift]
    tips: Mapping[str, tuple[Delivery, str, int]]


def lines_of(stage: Stage, life: Life, world: World, subjects: Subjects) -> list[Event]:
    """Every line of the log of a person."""
    found = [line for one in life.done if (line := _line(stage, life, one, subjects)) is not None]
    found += [_asked_for(stage, life, gift) for gift in subjects.gifts.values()]
    found += _steps(stage, life, world, subjects)
    if life.figure.person.persona.name == "customer":
        found.append(_purchase(life))
    keys = {line.dedup_key: line for line in found}  # the first of a kind in a minute is kept
    return list(keys.values())


def _line(stage: Stage, life: Life, one: Done, subjects: Subjects) -> Event | None:
    act = one.act
    if act.kind not in NOTED:
        return None
    line = _bare(stage, life, one)
    if act.kind in IN_MAIL:
        if act.mailing not in subjects.tips:
            return None
        delivery, subject, links = subjects.tips[act.mailing]
        line.delivery_number, line.subject, line.detail = delivery.id, subject[:80], str(links)
        number, place = delivery.id, f"{line.reader}:{line.evidence}"
        line.dedup_key = f"{act.kind}:{number}:{act.value:.0f}:{place}:{one.at:%Y%m%d%H%M}"
    elif act.subject in subjects.gifts:
        gift = subjects.gifts[act.subject]
        line.gift_number = gift.id
        line.dedup_key = _gift_key(line, gift, one)
    if act.kind == "rating":
        line.detail = opinion(life, one)
    if act.kind in SAID:
        line.detail = _words(life, one)
    return line


def _gift_key(line: Event, gift: Gift, one: Done) -> str:
    if line.kind == "read.chapter":
        place = f"{line.reader}:{line.evidence}:{one.at:%Y%m%d%H%M}"
        return f"chapter:{gift.id}:{line.value:.0f}:{place}"
    if line.kind in ("gift.taken", "rating"):
        return f"{line.kind.removeprefix('gift.')}:{gift.id}"
    return line.dedup_key


def _words(life: Life, one: Done) -> str:
    thesis = life.figure.person.role == "student" and one.act.kind == "question"
    said = life.figure.words["thesis" if thesis else SAID[one.act.kind]]
    return str(said[number_of(life.figure.email, f"{one.at:%Y%m%d}") % len(said)])


def _bare(stage: Stage, life: Life, one: Done) -> Event:
    act = one.act
    ours = act.kind in OURS
    return Event(
        lead_id=life.lead_id,
        kind=act.kind,
        at=one.at,
        subject=act.subject if act.kind not in SAID or act.subject else "",
        value=act.value,
        method="" if ours else act.method,
        agent="" if ours else act.agent,
        network="" if ours else stage.mark("network", act.network),
        reader="" if ours else stage.mark("reader", f"{act.network}\n{act.agent}"),
        evidence="human" if ours else one.verdict.evidence,
        rule="" if ours else one.verdict.rule,
        dedup_key=f"demo:{life.lead_id}:{act.kind}:{one.at.isoformat()}",
    )


def _asked_for(stage: Stage, life: Life, gift: Gift) -> Event:
    """The form that a gift began with."""
    network = f"home-{life.figure.person.number}"
    agent = life.done[0].act.agent
    return Event(
        lead_id=life.lead_id,
        kind="gift.requested",
        at=gift.requested_at,
        subject=gift.asset_slug,
        gift_number=gift.id,
        method="POST",
        agent=agent,
        network=stage.mark("network", network),
        reader=stage.mark("reader", f"{network}\n{agent}"),
        evidence="human",
        rule="10-button",
        dedup_key=f"gift:{gift.id}:{gift.requested_at:%Y%m%d%H%M}",
    )


def _steps(stage: Stage, life: Life, world: World, subjects: Subjects) -> list[Event]:
    """How far was read, by the chapter that reached it."""
    moments = {id(one.act): one for one in life.done}
    found = []
    for act, step, _ in reached([(one.act, one.verdict) for one in life.done], world):
        gift = subjects.gifts.get(act.subject)
        if gift:
            line = _bare(stage, life, moments[id(act)])
            line.kind, line.value, line.gift_number = f"read.{step}", 0.0, gift.id
            line.dedup_key = f"read:{gift.id}:{step}"
            found.append(line)
    return found


def _purchase(life: Life) -> Event:
    bought = life.figure.words["purchase"]
    return Event(
        lead_id=life.lead_id,
        kind="purchase",
        at=life.came - timedelta(days=200) + MINUTES,
        subject="",
        value=1450.0 + 350 * (number_of(life.figure.email) % 9),
        detail=bought[number_of(life.figure.email) % len(bought)],
        evidence="human",
        dedup_key=f"customer:{life.lead_id}",
    )
