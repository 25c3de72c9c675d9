"""Drafts before anybody sees them: page, mail, text and book, in a box that can do nothing."""

from dataclasses import dataclass
from pathlib import Path

from server.gifts.giving import asset_values, unasked
from server.kit.content import Finding
from server.kit.text import say
from server.library.assets import Asset
from server.mail.letters import Letter
from server.mail.postman import Postman


def preview_policy(base_url: str) -> dict[str, str]:
    """Headers of a preview: no script, no form, no origin; shown by our own pages only.

    A sandbox has no origin of its own, so the site is named for its styles and fonts.
    """
    own = f"'self' {base_url}"
    policy = (
        f"default-src 'none'; style-src {own} 'unsafe-inline'; img-src {own} data:; "
        f"font-src {own}; frame-ancestors 'self'; sandbox"
    )
    return {"content-security-policy": policy}


NIGHT = "@media (prefers-color-scheme: dark)"
LOOKS = {"dark": "@media all", "light": "@media not all"}


def in_light_of(html: str, look: str) -> str:
    """A mail as a device set to `dark` or `light` shows it, whatever the device of the editor."""
    if look not in LOOKS:
        return html
    scheme = f'<meta name="color-scheme" content="{look}">'
    html = html.replace('<meta name="color-scheme" content="light dark">', scheme)
    return html.replace(NIGHT, LOOKS[look])


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file: its name as an editor knows it, the line, and what to do."""

    place: str
    sentence: str
    is_error: bool


def faults(findings: list[Finding], language: str) -> list[Fault]:
    """Findings in words, the file with its folder and line first."""
    told = []
    for finding in findings:
        place, _, sentence = finding.text(language).partition(": ")
        told.append(Fault("/".join(place.split("/")[-3:]), sentence, finding.is_error))
    return told


def faults_in(findings: list[Finding], folder: Path, language: str) -> list[Fault]:
    """The findings about one folder or one file (its name without language and ending)."""
    own = [
        one
        for one in findings
        if one.file.parent == folder or one.file.parent / one.file.name.split(".")[0] == folder
    ]
    return faults(own, language)


def gift_letter(giver: Postman, asset: Asset) -> Letter:
    """The mail that brings this asset, as somebody without a name would get it."""
    language = asset.language
    letter = giver.letters.get(asset.letter, language, giver.house).without("me")
    return letter.finished(
        {
            **asset_values(giver, asset),
            "greeting": say(language, "mail.greeting"),
            "unasked": unasked(giver, language, known=False),
            "link": giver.site.url("/gift/…"),
            "tips": "",
            "way_out": giver.site.url("/unsubscribe/…"),
            "home": giver.site.url(f"/{language}/"),
        }
    )
