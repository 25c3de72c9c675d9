"""A worker that is killed at any moment: nothing lost, nothing that was settled sent again."""

import os
import random
import signal
import time
from collections import Counter

import pytest

from server.kit.database import rows
from server.mail.models import Delivery
from tests.mail.furnishing import list_mail
from tests.product import Product
from tests.support import machine
from tests.support.lives import Lives
from tests.support.relay import FaultyRelay

CONNECTIONS = 10
KILLS, MAILS = (200, 10_000) if machine.SOAKS else (20, 1000)
LEASE = 31  # seconds: the clock of the next life is past every lease of the last
PATIENCE = 60.0


async def settled() -> set[str]:
    """The addresses whose mail is written down as sent."""
    found = await rows(
        "SELECT l.email FROM delivery d JOIN lead l ON l.id = d.lead_id WHERE d.state = 'sent'"
    )
    return {str(row["email"]) for row in found}


def wait_for(relay: FaultyRelay, count: int) -> None:
    """Until the relay has taken so many; a life that ended before is no failure."""
    until = time.monotonic() + PATIENCE
    while len(relay.accepted) < count and time.monotonic() < until:
        time.sleep(0.0005)


async def test_killed_at_random_moments_nothing_is_lost_and_nothing_settled_is_repeated(
    product: Product, environ: dict[str, str]
) -> None:
    await list_mail(MAILS)
    chance = random.Random(5)
    marks: list[tuple[int, set[str]]] = []  # so many were taken when these were settled
    with FaultyRelay() as relay, Lives() as fork:
        for life in range(1, KILLS + 1):
            offset = str(life * LEASE)
            own = {"GIVEFIRST_SMTP_URL": relay.url, "GIVEFIRST_CLOCK_OFFSET": offset}
            number = fork.begin(environ | own)
            # Somewhere in its share of the mails, at no particular step of any of them.
            wait_for(relay, len(relay.accepted) + chance.randrange(1, MAILS // KILLS + 2))
            os.kill(number, signal.SIGKILL)
            assert fork.ended() == -signal.SIGKILL
            marks.append((len(relay.accepted), await settled()))
        own["GIVEFIRST_CLOCK_OFFSET"] = str((KILLS + 1) * LEASE)
        fork.begin(environ | own)
        assert fork.ended() == 0
    for count, known in marks:
        again = {address for address, _ in relay.accepted[count:]} & known
        assert not again, "nothing that was settled is sent again"
    states = Counter([str(one) for one in await Delivery.all().values_list("state", flat=True)])
    taken = Counter(address for address, _ in relay.accepted)
    assert set(states) <= {"sent", "uncertain"}
    assert await settled() <= set(taken), "what we call sent was taken"
    unknown = await rows(
        "SELECT l.email FROM delivery d JOIN lead l ON l.id = d.lead_id WHERE d.state <> 'sent'"
    )
    lost = MAILS - len(set(taken) | {str(row["email"]) for row in unknown})
    assert lost == 0
    assert sum(taken.values()) - len(taken) <= KILLS * CONNECTIONS
    assert len({mail_id for _, mail_id in relay.accepted}) == len(taken), "one Message-ID each"


STEPS = 6  # EHLO, MAIL, RCPT, DATA, the text, QUIT


@pytest.mark.thin  # killed at random, on both databases, is the test above
@pytest.mark.parametrize("kind", ["tip", "confirmation", "gift"])
async def test_killed_at_each_step_of_one_mail_it_arrives_and_no_other_step_repeats_it(
    product: Product, environ: dict[str, str], kind: str
) -> None:
    seen: list[tuple[int, str]] = []
    with Lives() as fork:
        for step in range(1, STEPS + 1):
            await _one_mail(product, kind, step)
            with FaultyRelay(halts_at=step) as relay:
                offset = {"GIVEFIRST_CLOCK_OFFSET": str(step * 100)}
                number = fork.begin(environ | offset | {"GIVEFIRST_SMTP_URL": relay.url})
                assert relay.halted.wait(PATIENCE)
                os.kill(number, signal.SIGKILL)
                assert fork.ended() == -signal.SIGKILL
            with FaultyRelay() as again:
                offset = {"GIVEFIRST_CLOCK_OFFSET": str(step * 100 + LEASE)}
                fork.begin(environ | offset | {"GIVEFIRST_SMTP_URL": again.url})
                assert fork.ended() == 0
            seen.append((len(relay.accepted + again.accepted), await _only_state()))
            assert len({mail_id for _, mail_id in relay.accepted + again.accepted}) == 1
    # Killed when the text had gone, nobody can know: it is tried once more.
    assert seen == [(1, "sent")] * 4 + [(2, "sent")] + [(1, "sent")]


async def _one_mail(product: Product, kind: str, step: int) -> None:
    for table in ("delivery", "message_link", "message", "subscription", "gift", "event", "lead"):
        await rows(f"DELETE FROM {table}")
    if kind == "tip":
        await list_mail(1)
    elif kind == "gift":
        await product.ask("gulle-gever", f"r{step}@example.org")
    else:
        await product.post("/nl/newsletter", data={"email": f"r{step}@example.org"})


async def _only_state() -> str:
    return (await Delivery.get()).state


async def test_a_worker_that_slept_past_its_lease_changes_nothing_when_it_wakes(
    product: Product, environ: dict[str, str]
) -> None:
    await list_mail(60)
    one = {"GIVEFIRST_MAIL_CONNECTIONS": "1"}
    with FaultyRelay(halts_at=100) as slow, FaultyRelay() as quick, Lives() as fork:
        sleeper = fork.begin(environ | one | {"GIVEFIRST_SMTP_URL": slow.url})
        assert slow.halted.wait(PATIENCE)
        os.kill(sleeper, signal.SIGSTOP)
        later = {"GIVEFIRST_CLOCK_OFFSET": str(LEASE), "GIVEFIRST_SMTP_URL": quick.url}
        assert fork.ended(fork.begin(environ | later)) == 0
        before = await Delivery.all().order_by("id").values()
        os.kill(sleeper, signal.SIGCONT)
        slow.release()
        assert fork.ended(sleeper) == 0
    assert await Delivery.all().order_by("id").values() == before
    assert {one["state"] for one in before} == {"sent"}
    taken = Counter(address for address, _ in slow.accepted + quick.accepted)
    assert len(taken) == 60
    # The one whose text was under way as it fell asleep: the rule for what nobody can know.
    assert sum(taken.values()) - 60 <= 1


async def test_told_to_stop_it_finishes_what_is_under_way_and_leaves_nothing_in_doubt(
    product: Product, environ: dict[str, str]
) -> None:
    await list_mail(300)
    with FaultyRelay(pause=0.02) as relay, Lives() as fork:
        number = fork.begin(environ | {"GIVEFIRST_SMTP_URL": relay.url})
        wait_for(relay, 40)
        os.kill(number, signal.SIGTERM)
        assert fork.ended() == 0
    states = Counter([str(one) for one in await Delivery.all().values_list("state", flat=True)])
    assert set(states) == {"sent", "queued"}
    assert states["sent"] == len(relay.accepted) == len(set(relay.accepted)) < 300


async def test_eight_workers_at_once_send_each_mail_once(
    product: Product, environ: dict[str, str]
) -> None:
    await list_mail(400)
    with FaultyRelay() as relay, Lives() as fork:
        own = environ | {"GIVEFIRST_SMTP_URL": relay.url, "GIVEFIRST_LIFE": "beside"}
        workers = [fork.begin(own) for _ in range(8)]
        assert [fork.ended(number) for number in workers] == [0] * 8
    assert len(relay.accepted) == len(set(relay.accepted)) == 400
    assert await Delivery.filter(state="sent").count() == 400
