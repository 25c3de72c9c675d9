"""Receipts of consent: written once, chained per lead so that a change shows."""

from datetime import datetime
from hashlib import sha256

from server.kit.clock import now
from server.leads.models import Consent, Lead


async def record(
    lead: Lead,
    purpose: str,
    *,
    given: bool,
    wording: str,
    page: str,
    network: str,
    proof: str,
    asked_at: datetime,
) -> Consent:
    """Write a receipt; belongs in the transaction of the act it proves."""
    before = await Consent.filter(lead_id=lead.id).order_by("-id").first()
    at = now()
    receipt = Consent(
        lead=lead,
        purpose=purpose,
        given=given,
        wording=wording,
        page=page,
        network=network,
        asked_at=asked_at,
        at=at,
        proof=proof,
    )
    receipt.hash = digest(receipt, before.hash if before else "")
    await receipt.save()
    return receipt


def digest(receipt: Consent, before: str) -> str:
    """The hash a receipt must have after the one before it."""
    parts = (
        before,
        str(receipt.lead_id),
        receipt.purpose,
        str(receipt.given),
        receipt.wording,
        receipt.page,
        receipt.network,
        receipt.proof,
        receipt.asked_at.isoformat(),
        receipt.at.isoformat(),
    )
    return sha256("\n".join(parts).encode()).hexdigest()


async def chain_holds(lead: Lead) -> bool:
    """No receipt of this lead was changed or taken out of the middle."""
    before = ""
    for receipt in await Consent.filter(lead_id=lead.id).order_by("id"):
        if receipt.hash != digest(receipt, before):
            return False
        before = receipt.hash
    return True
