"""Links that pay us are marked everywhere, with nothing for a writer to do."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from server.kit.affiliates import pays
from server.mail.links import body_of as mail_body_of
from server.newsletter.sequences import Sequences
from tests import weekly
from tests.product import Product, body_of
from tests.support import machine
from tests.support.content import change, copied

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

HOSTS = ("shop.example",)
LINK = "[dit boek](https://www.shop.example/boek)"
MARKED = 'rel="sponsored nofollow">dit boek</a> (partnerlink)'
OTHER = "[de krant](https://krant.example/stuk)"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = copied(tmp_path)
    text = f"\n\nLees {LINK}, of {OTHER}.\n"
    for name in (
        "articles/drie-vragen.nl.md", "newsletter/2026-47.nl.md", "library/gulle-gever/index.nl.md",
    ):  # fmt: skip
        file = folder / name
        if not file.is_file():
            file = sorted(file.parent.glob("*.nl.md"))[0]
        file.write_text(file.read_text("utf-8").rstrip("\n") + text, "utf-8")
    for file in sorted(folder.glob("sequences/*/*.nl.md"))[:1]:
        file.write_text(file.read_text("utf-8").rstrip("\n") + text, "utf-8")
    return folder


@pytest.fixture
def environ(environ: dict[str, str], content: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(content)}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("href", "does"),
    [
        ("https://shop.example/x", True),
        ("HTTP://WWW.Shop.Example./x?y", True),
        ("//a.b.shop.example", True),
        ("https://user@shop.example:8443/", True),
        ("https://myshop.example/", False),
        ("https://shop.example.evil.test/", False),
        ("/shop.example", False),
        ("mailto:a@shop.example", False),
        ("https://[nonsense", False),
    ],
)
def test_a_link_pays_when_its_host_is_one_of_those_or_below_one(href: str, does: bool) -> None:
    assert pays(href, HOSTS) == does


async def test_g27_links_that_pay_are_marked_on_page_in_mail_and_in_books(
    product: Product, content: Path
) -> None:
    article = sorted((content / "articles").glob("*.nl.md"))
    paths = [f"/nl/articles/{file.name.partition('.')[0]}" for file in article]
    pages = {path: (await product.get(path)).text for path in paths}
    (path,) = [path for path, page in pages.items() if "dit boek</a>" in page]
    assert "partnerlink" not in pages[path]
    assert "partnerlink" not in (await product.get("/nl/why-free")).text
    # The page is kept, until the house names the host.
    change(content, "site.yaml", "affiliates: []", "affiliates: [shop.example]")
    product.state.house.fresh()
    for shelf in (product.state.articles, product.state.tips, product.state.library):
        shelf._shelf._looked_at = 0.0
    page = (await product.get(path)).text
    assert MARKED in page
    assert '<a href="https://krant.example/stuk">de krant</a>.' in page
    assert "(partnerlink)" in (await product.get("/nl/why-free")).text
    assert "(affiliate link)" in (await product.get("/en/privacy")).text
    # In a mail, as HTML and as text.
    await weekly.subscribe(product, "joost@example.org", followed=False)
    await weekly.send(product, "2026-47")
    mail = product.mails("joost@example.org")[-1]
    html = body_of(mail, "html")
    (link,) = re.findall(r"<a ([^>]*)>dit boek</a> \(partnerlink\)", html)
    assert 'rel="sponsored nofollow"' in link
    assert "krant</a> (" not in html
    assert "https://www.shop.example/boek\n(partnerlink)" in body_of(mail)
    # In the books.
    asset = product.state.library.find("gulle-gever", "nl")
    house, workshop = product.state.house.fresh(), product.state.workshop
    with zipfile.ZipFile(BytesIO(await workshop.get(asset, house, "epub"))) as book:
        chapters = "".join(book.read(name).decode() for name in book.namelist() if "xhtml" in name)
    assert MARKED in chapters
    assert (await workshop.get(asset, house, "pdf")).startswith(b"%PDF")


async def test_g27_a_letter_of_a_sequence_is_marked_too(product: Product, content: Path) -> None:
    change(content, "site.yaml", "affiliates: []", "affiliates: [shop.example]")
    texts = [text for one in Sequences(content).all().values() for text in one.texts.values()]
    (found,) = [text for text in texts if "partnerlink" in text.html()]
    assert MARKED in found.html()
    body = mail_body_of(found.tree, product.site)
    assert 'rel="sponsored nofollow"' in body.html
