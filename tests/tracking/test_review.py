"""Hits are judged anew where they are written: the same end whatever the order they came in."""

import random
from datetime import timedelta

from server.kit.clock import now
from server.kit.database import in_transaction
from server.kit.settings import Settings
from server.leads.models import Lead
from server.tracking.log import Entry, record
from server.tracking.models import Event
from server.web.visitor import Visitor
from tests.product import BROWSER, PHONE

# Seconds, kind, link, network: a scan, its trap, a reader at home, and the way out.
HITS = [
    (0.0, "mail.click", 1, "cloud"),
    (1.0, "mail.click", 2, "cloud"),
    (1.5, "mail.click", 2, "home"),
    (2.0, "mail.click", 3, "cloud"),
    (3.0, "mail.unsubscribe_page", 0, "cloud"),
    (400.0, "mail.click", 4, "office"),
    (500.0, "mail.trap", 0, "office"),
    (600.0, "mail.open", 0, "home"),
    (700.0, "mail.click", 1, "home"),
]


def visitor(network: str, method: str = "GET") -> Visitor:
    agent = BROWSER if network == "cloud" else PHONE
    return Visitor(method, agent, "", network, f"{network} {agent}"[:22], wants_no_tracking=False)


async def test_any_order_of_arrival_ends_in_the_same_verdicts(database: Settings) -> None:
    lead = await Lead.meet("joost@example.org", "nl", "site")
    rnd, start = random.Random(1), now()
    ends = []
    for delivery in range(1, 9):
        order = HITS if delivery == 1 else rnd.sample(HITS, len(HITS))
        for n, (second, kind, link, network) in enumerate(order):
            async with in_transaction():
                await record(
                    Entry(
                        lead.id,
                        kind,
                        f"{delivery}:{n}",
                        delivery_number=delivery,
                        value=link,
                        detail="4",
                        visitor=visitor(network),
                        # Mails apart: a button of one would speak for the other.
                        at=start + timedelta(days=delivery, seconds=second),
                    )
                )
        hits = await Event.filter(delivery_number=delivery).order_by("at")
        ends.append([(hit.kind, hit.value, hit.evidence, hit.rule) for hit in hits])
    assert [rule for *_, rule in ends[0]] == [
        "4-burst", "4-burst", "none", "4-burst", "4-burst", "3-trap", "3-trap", "none", "none",
    ]  # fmt: skip
    assert all(end == ends[0] for end in ends)


async def test_a_changed_verdict_makes_the_score_stale_and_an_unchanged_one_does_not(
    database: Settings,
) -> None:
    lead = await Lead.meet("joost@example.org", "nl", "site")
    counts = []
    for n, second in enumerate((0, 1, 2, 500)):
        entry = Entry(
            lead.id,
            "mail.click",
            f"{n}",
            delivery_number=1,
            value=n,
            detail="9",
            visitor=visitor("cloud"),
            at=now() + timedelta(seconds=second),
        )
        async with in_transaction():
            await record(entry)
            assert not await record(entry)
        counts.append((await Lead.get()).event_count)
    assert counts[:2] == [1, 2]
    assert counts[2] > 3
    assert counts[3] == counts[2] + 1


async def test_a_line_whose_traces_were_taken_out_stays_as_it_was_judged(
    database: Settings,
) -> None:
    lead = await Lead.meet("joost@example.org", "nl", "site")
    for n, second in enumerate((0, 1, 2)):
        entry = Entry(
            lead.id,
            "mail.click",
            f"{n}",
            delivery_number=1,
            value=n,
            detail="9",
            visitor=visitor("cloud"),
            at=now() + timedelta(seconds=second),
        )
        async with in_transaction():
            await record(entry)
        await Event.filter(value=0).update(method="", agent="", network="", reader="")
    assert [event.evidence for event in await Event.all().order_by("id")] == ["likely"] * 3
