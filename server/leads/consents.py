"""Receipts of consent: written once, chained per lead so that a change shows."""

from datetime import datetime
from hashlib import sha256

from server.kit.clock import now
from server.kit.text import say
from server.leads.models import Consent, Lead

PURPOSES = {
    "tips": "leads.purpose_tips",
    "mail-tracking": "leads.purpose_mail_tracking",
    "quote": "leads.purpose_quote",
}
PROOFS = {
    "button": "leads.proof_button",
    "button in the mail": "leads.proof_mail_button",
    "button on the gift page": "leads.proof_gift_button",
    "one click in the mail program": "leads.proof_one_click",
    "import": "leads.proof_import",
    "mail": "leads.proof_mail",
    "complaint": "leads.proof_complaint",
}


def purpose_text(purpose: str, language: str) -> str:
    """What a receipt is about, in words."""
    return say(language, PURPOSES[purpose]) if purpose in PURPOSES else purpose


def proof_text(proof: str, language: str) -> str:
    """How a consent was given or taken back, in words."""
    return say(language, PROOFS[proof]) if proof in PROOFS else proof


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
