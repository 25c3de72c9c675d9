"""A worker that is killed at any moment: nothing lost, nothing that was settled sent again."""

import os
import random
import signal
import time
from collections import Counter

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
