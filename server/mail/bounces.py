"""What came back of a delivery (its token says which), and what that does to an address."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.kit.clock import now
from server.kit.database import db_time, in_transaction, rows
from server.kit.settings import Settings
from server.kit.site import Site
from server.kit.text import say, shortened
from server.leads import subscribing
from server.leads.models import Lead, Subscription
from server.mail import outbox
from server.mail.domains import POLICY, hold
from server.mail.inbound_reports import Report
from server.mail.leaving import leave_lists
from server.mail.models import Bounce, Delivery, ListRest
from server.mail.notices import tell_staff
from server.mail.postman import Postman
from server.mail.verdicts import verdict

PURPOSE = "bounce"
STRIKES, STRIKE_DAYS = 3, 30  # issues that did not arrive, and within how long
REST_DAYS = 180
DIAGNOSTIC = 290  # letters that are kept of what a server said
FIRST, LEAST = 200, 100  # deliveries of an issue that the breaker looks at; fewer count as so many
_ADDRESS = re.compile(r"\S+@\S+")
HARD_SHARE, COMPLAINT_SHARE, COMPLAINTS = 0.05, 0.001, 2


def token_in(address: str, settings: Settings) -> str:
    """The token in an envelope sender of ours, however its letters were changed; empty for none."""
    before, hole, after = settings.bounce_address.partition("{token}")
    if not hole:
        return ""
    pattern = f"{re.escape(before)}([0-9a-z._-]{{1,60}}){re.escape(after)}"
    found = re.fullmatch(pattern, address.strip().strip("<>").strip(), re.IGNORECASE)
    return found[1] if found else ""


def opened(site: Site, token: str) -> int | None:
    """The delivery that a token was made for; None for a wrong one.

    Capitals do not count: mail servers may write an address as they like. What is left of the
    signature is 110 bits.
    """
    written = token.partition(".")[0]
    if not written.isdigit() or not written.isascii() or len(written) > 18:
        return None
    for key in site.keys:
        good = Site(site.base_url, (key,)).token(PURPOSE, int(written)).lower()
        if hmac.compare_digest(good.encode(), token.lower().encode()):
            return int(written)
    return None


async def take(host: Postman, delivery: Delivery, report: Report, digest: str) -> bool:
    """Write down what came back and what follows from it; False for what is known already."""
    async with in_transaction():
        written = await rows(
            "INSERT INTO bounce (delivery_id, lead_id, kind, status, diagnostic, source, digest,"
            " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING RETURNING id",
            delivery.id,
            delivery.lead_id,
            report.kind,
            report.status[:12],
            shortened(report.text, DIAGNOSTIC),
            report.source,
            digest,
            db_time(now()),
        )
        if not written:
            return False
        if report.kind == "policy":
            await _hold_domain(host, delivery.domain, report.text)
        lead = await Lead.get_or_none(id=delivery.lead_id) if delivery.lead_id else None
        # Without a lead it was for a colleague, who is to be able to log in.
        if lead:
            await _follow(host, lead, delivery, report)
    return True


async def _follow(host: Postman, lead: Lead, delivery: Delivery, report: Report) -> None:
    if report.kind == "hard":
        await outbox.suppress(host.site, lead.email, "no such mailbox")
    elif report.kind == "complaint":
        await _complained(host, lead, delivery)
    elif report.kind == "soft":
        await _count_strikes(lead, delivery)


async def _complained(host: Postman, lead: Lead, delivery: Delivery) -> None:
    wording = say(lead.language, "mail.complaint_wording")
    await leave_lists(lead, wording=wording, proof="complaint", key=f"complaint:{delivery.id}")
    await outbox.suppress(host.site, lead.email, "complaint")


async def _count_strikes(lead: Lead, delivery: Delivery) -> None:
    """No lists any more after the third issue in a row that their mailbox did not take."""
    # One of two reports at once waits, and then sees the other.
    await Lead.select_for_update(no_key=True).get(id=lead.id)
    rest = await ListRest.get_or_none(lead_id=lead.id)
    since = now() - timedelta(days=STRIKE_DAYS)
    since = max(since, rest.ended_at or rest.at) if rest else since
    if await _strikes(lead, delivery, since) < STRIKES:
        return
    values = {"at": now(), "ended_at": None}
    await ListRest.update_or_create(lead_id=lead.id, defaults=values)
    for wish in await Subscription.filter(lead_id=lead.id, ended_at=None):
        await subscribing.pause(wish, REST_DAYS)
        await outbox.withdraw(lead, wish.list)


async def _strikes(lead: Lead, delivery: Delivery, since: datetime) -> int:
    """How many issues in a row came back, this one the last."""
    found = await rows(
        "SELECT d.message_id, m.list, EXISTS (SELECT 1 FROM bounce b WHERE b.delivery_id = d.id"
        " AND b.kind = 'soft') AS back FROM delivery d JOIN message m ON m.id = d.message_id"
        " WHERE d.lead_id = ? AND d.state = 'sent' AND d.sent_at >= ? AND d.id <= ?"
        " ORDER BY d.sent_at DESC, d.id DESC LIMIT 50",
        lead.id,
        db_time(since),
        delivery.id,
    )
    issues: set[int] = set()
    for row in found:
        if not row["back"]:
            break
        if row["list"]:
            issues.add(row["message_id"])
    return len(issues)


async def _hold_domain(host: Postman, domain: str, text: str) -> None:
    """Leave a mail domain alone that refuses us, longer each time; tell staff once a day."""
    if not domain:
        return
    moment, why = now(), _ADDRESS.sub("…", text)
    if not await hold(domain, shortened(why, DIAGNOSTIC), POLICY):
        return

    def words(language: str) -> tuple[str, str]:
        title = say(language, "mail.refused_title", domain=domain)
        return title, say(language, "mail.refused_text", domain=domain, why=shortened(why, 200))

    await tell_staff(host, f"refused:{moment:%Y%m%d}", words, "/desk/mail", role="admin")


async def resting(lead_id: int) -> ListRest | None:
    """Since when this lead gets no lists because their mailbox took none; None when it is fine,
    its time is over, or they took up a list again themselves."""
    rest = await ListRest.get_or_none(lead_id=lead_id, ended_at=None)
    wishes = await Subscription.filter(lead_id=lead_id, ended_at=None) if rest else []
    return None if any(wish.is_active for wish in wishes) else rest


async def try_again(lead_id: int) -> bool:
    """Take a lead back on their lists; counting begins anew. False when there was no rest."""
    async with in_transaction():
        ended = await ListRest.filter(lead_id=lead_id, ended_at=None).update(ended_at=now())
        if ended:
            for wish in await Subscription.filter(lead_id=lead_id, ended_at=None):
                await subscribing.resume(wish)
    return ended == 1


async def returned_of(lead_id: int, most: int = 3) -> list[Bounce]:
    """The last mails to a lead that came back, the newest first."""
    return await Bounce.filter(lead_id=lead_id).order_by("-id").limit(most)


@dataclass(frozen=True)
class Reason:
    """Why an issue had better stop: `hard` or `complaints`, how many, and of how many."""

    kind: str
    count: int
    of: int


async def breaker(issue_key_prefix: str) -> Reason | None:
    """Why no more of the deliveries whose keys begin so should leave; None where all is well.

    More than 5 % of the first 200 have no mailbox (of fewer than 100 more than five), or more
    than one in a thousand complained, two at least.
    """
    first = await rows(
        "SELECT d.state, d.error, EXISTS (SELECT 1 FROM bounce b WHERE b.delivery_id = d.id"
        " AND b.kind = 'hard') AS gone FROM delivery d WHERE d.key >= ? AND d.key < ?"
        " AND d.state IN ('sent', 'failed') ORDER BY d.id LIMIT ?",
        *_span(issue_key_prefix),
        FIRST,
    )
    gone = sum(bool(row["gone"]) or _refused(row["state"], row["error"]) for row in first)
    if gone > max(len(first), LEAST) * HARD_SHARE:
        return Reason("hard", gone, len(first))
    told = await rows(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT b.delivery_id) AS angry FROM delivery d"
        " LEFT JOIN bounce b ON b.delivery_id = d.id AND b.kind = 'complaint'"
        " WHERE d.key >= ? AND d.key < ? AND d.state = 'sent'",
        *_span(issue_key_prefix),
    )
    sent, angry = int(told[0]["n"]), int(told[0]["angry"])
    if angry >= COMPLAINTS and angry > sent * COMPLAINT_SHARE:
        return Reason("complaints", angry, sent)
    return None


def _span(prefix: str) -> tuple[str, str]:
    """The first key of a prefix, and the first one after them all; the index serves both."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _refused(state: str, error: str) -> bool:
    code, _, text = error.partition(" ")
    return state == "failed" and code.isdigit() and verdict(int(code), text) == "hard"
