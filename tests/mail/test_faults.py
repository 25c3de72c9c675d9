"""Whatever a relay does, each mail ends in the right state: none lost, none stuck, none twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.kit.settings import Settings
from server.kit.site import Site
from server.mail.models import BULK, Delivery
from server.mail.sending import Sender
from server.mail.session import Patience
from tests.mail.furnishing import list_mail
from tests.product import MINUTE
from tests.support import machine
from tests.support.relay import OF_CONNECTIONS, OF_MAILS, FaultyRelay

# How an outcome is written is tried on both databases elsewhere; what a relay does, on one.
pytestmark = [] if machine.SOAKS else [pytest.mark.thin]
Clock = Callable[[float], None]
# As short as a busy machine allows: a healthy relay must never seem a dead one.
IMPATIENT = Patience(greeting=2, mail=2, rcpt=2, data=2, text=2, quit=0.5)
MAILS = 40
SHARES: dict[str, Callable[[int], bool]] = {
    "one": lambda n: n == 7,
    "5 %": lambda n: n % 20 == 7,
    "50 %": lambda n: n % 2 == 1,
}
FINAL = {"mail 553", "rcpt 550", "data 554", "dot 554"}
PASSING = {"greylist", "slow"}
NOT_COUNTED = {"421 at mail", "drop at mail"}  # no fault of the mail: its time runs out untried
IN_DOUBT = {"drop in data", "drop after dot, taken", "drop after dot, lost", "stall", "garbage",
    "endless line"}  # fmt: skip
NEVER_TAKEN = {"drop in data", "drop after dot, lost", "stall"}
# Minutes after the beginning; a relay that drops us is left alone, so often in the first hours.
STEPS = (*range(1, 420, 6), 900, 1800, 3600, 4400, 4700)


def sender_over(relay: FaultyRelay, settings: Settings, **more: object) -> Sender:
    own = replace(settings, smtp_url=relay.url, **more)
    return Sender(own, Site(own.base_url, own.secrets), IMPATIENT)


async def send_all(sender: Sender, clock: Clock) -> Counter[str]:
    """Send, and again whenever something is due, for three days."""
    for minutes in STEPS:
        while await sender.drain(BULK):
            pass
        clock(minutes * MINUTE)
    await sender.drain(BULK)
    return Counter([str(one) for one in await Delivery.all().values_list("state", flat=True)])


def expected(fault: str, struck: int) -> Counter[str]:
    state = "sent"
    if fault in FINAL:
        state = "failed"
    elif fault in IN_DOUBT:
        state = "uncertain"
    elif fault in NOT_COUNTED:
        state = "held"
    elif fault in OF_MAILS and fault not in PASSING:
        state = "expired"
    return +Counter({"sent": MAILS - struck}) + +Counter({state: struck})


async def check(fault: str, relay: FaultyRelay, states: Counter[str], struck: set[int]) -> None:
    assert states == expected(fault, len(struck) if fault in OF_MAILS else 0)
    taken = Counter(address for address, _ in relay.accepted)
    sent = [d.lead.email for d in await Delivery.filter(state="sent").prefetch_related("lead")]
    assert all(taken[address] == 1 for address in sent), "what we call sent was taken once"
    for n in struck if fault in OF_MAILS else ():
        most = 2 if fault in IN_DOUBT - NEVER_TAKEN else int(fault in PASSING)
        assert taken[f"r{n}@d0.example.org"] == most, f"tried once more at most: r{n}"
    assert len({mail_id for _, mail_id in relay.accepted}) == len(taken), "one Message-ID each"


SHARE = {"stall": "one"}  # each takes all our patience
WHOLE = [(fault, share) for fault in (*OF_CONNECTIONS, *OF_MAILS) for share in SHARES]
SMALL = [(fault, "50 %") for fault in OF_CONNECTIONS] + [
    (fault, SHARE.get(fault, "5 %")) for fault in OF_MAILS
]


@pytest.mark.parametrize(("fault", "share"), WHOLE if machine.SOAKS else SMALL)
async def test_every_mail_ends_in_the_right_state(
    fault: str, share: str, database: Settings, clock: Clock
) -> None:
    await list_mail(MAILS)
    strikes = SHARES[share]
    struck = {n for n in range(MAILS) if strikes(n)}

    def by_name(what: str) -> bool:
        number = what.partition("@")[0].removeprefix("r")
        return number.isdigit() and strikes(int(number))

    with FaultyRelay(fault, by_name) as relay:
        states = await send_all(sender_over(relay, database), clock)
        await check(fault, relay, states, struck)
