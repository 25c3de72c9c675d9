"""Addresses of people: one spelling for each mailbox, nothing that could break a mail."""

import re

from email_validator import EmailNotValidError, validate_email

LONGEST_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1
LONGEST = 254  # octets, RFC 5321 §4.5.3.1.3 less the angle brackets


class AddressError(ValueError):
    """This is not an address a mail can be sent to."""


def normalise(text: str) -> str:
    """Trimmed, in lower case, the domain as A-labels; no look-up of the domain.

    Any syntactically valid domain is taken (example.org too). Raises AddressError for anything
    else: quoted local parts, control characters, more than 254 octets (RFC 5321, RFC 5890).
    """
    text = text.strip()
    if not text or len(text) > LONGEST or re.search(r"[\x00-\x20\x7f\"]", text):
        raise AddressError(text[:LONGEST])
    try:
        found = validate_email(
            text, check_deliverability=False, test_environment=True, allow_smtputf8=True
        )
    except (EmailNotValidError, UnicodeError):
        raise AddressError(text) from None
    address = f"{found.local_part.lower()}@{found.ascii_domain}".lower()
    if len(address.encode()) > LONGEST or len(found.local_part.encode()) > LONGEST_LOCAL:
        raise AddressError(text)
    return address


def domain_of(address: str) -> str:
    """The part after the @ of a normalised address."""
    return address.rpartition("@")[2]
