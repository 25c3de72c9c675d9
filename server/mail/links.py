"""The links of a tip. Each has a number and stands in the text as a slot: who said yes gets an
address of ours that leads to it, everybody else the address itself.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from server.kit.markup import plain, to_text
from server.kit.site import Site
from server.kit.text import LANGUAGES
from server.mail.letters import Body, Letter, link_slot, mail_html

PURPOSE = "track"
TRAP = 0
OWN_PAGES = ("/unsubscribe/", "/me/", "/gift/", "/confirm/")  # personal: no content


def body_of(tree: Element, site: Site) -> Body:
    """The text of a tip for a mail; its links stand as slots, the same target under one number.

    A path of our own site becomes an absolute address, for a mail has no place of its own.
    """
    for_html, for_text = deepcopy(tree), deepcopy(tree)
    targets: list[str] = []
    for shown, written in zip(for_html.iter("a"), for_text.iter("a"), strict=True):
        target = _absolute(shown.get("href", ""), site)
        bare = plain(written) == written.get("href")
        if is_content(target, site):
            if target not in targets:
                targets.append(target)
            target = f"{{{{ {link_slot(targets.index(target) + 1)} }}}}"
        shown.set("href", target)
        written.set("href", target)
        if bare:
            written[:] = []
            written.text = target
    return Body(mail_html(for_html), to_text(for_text), tuple(targets))


def _absolute(href: str, site: Site) -> str:
    return site.url(href) if href.startswith("/") and not href.startswith("//") else href


def is_content(target: str, site: Site) -> bool:
    """A link to something to read or see, not to our home page or a page about the reader."""
    if not target.lower().startswith(("http://", "https://")):
        return False
    own, _, path = target.partition(site.base_url)
    if own or not (path == "" or path.startswith("/")):
        return True
    path = urlsplit(path).path
    return path.strip("/") not in ("", *LANGUAGES) and not path.startswith(OWN_PAGES)


def followed_slots(base: str, targets: Sequence[str]) -> dict[str, str]:
    """What fills the slots of a reader who said yes; `base` is the address of their own links."""
    return {link_slot(n): f"{base}/{n}" for n in range(1, len(targets) + 1)}


def with_pixel_and_trap(letter: Letter, base: str) -> Letter:
    """The HTML with a picture that tells it was opened and a link that only a machine follows.

    The trap is not drawn, not reached by the keyboard, not read out, and not in the written text.
    """
    added = (
        '<div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
        f'<a href="{base}/{TRAP}" tabindex="-1" rel="nofollow"></a></div>'
        f'<img src="{base}/o.gif" width="1" height="1" alt="">'
    )
    before, end, after = letter.html.rpartition("</body>")
    html = f"{before}{added}{end}{after}" if end else letter.html + added
    return replace(letter, html=html)
