"""A broken file never stops the site: it is left out, and the desk says what to mend."""

import shutil
from pathlib import Path

import pytest

from tests.product import Product
from tests.support import machine
from tests.support.machine import REPOSITORY

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    copy = tmp_path / "content"
    shutil.copytree(REPOSITORY / "content", copy)
    (copy / "library/gulle-gever/index.nl.md").write_text("kapot")
    (copy / "newsletter/2026-47.nl.md").write_text("---\npreview: x\n---\nHallo\n")
    (copy / "pages/about.nl.md").write_bytes(b"---\ntitle: \xff\n---\n")
    return environ | {"GIVEFIRST_CONTENT": str(copy)}


async def test_the_rest_of_the_site_stands(product: Product) -> None:
    home = await product.get("/nl/")
    assert home.status_code == 200
    assert "De gulle gever" not in home.text
    assert (await product.get("/nl/library/gulle-gever")).status_code == 404
    assert (await product.get("/en/library/gulle-gever")).status_code == 200
    assert (await product.get("/nl/newsletter/2026-47")).status_code == 404
    assert (await product.get("/en/newsletter/2026-47")).status_code == 200
    # What there is in one language only is shown in that one, and says so.
    assert '<article class="narrow" lang="en">' in (await product.get("/nl/about")).text


async def test_the_desk_names_file_line_and_remedy(product: Product) -> None:
    desk = await product.log_in("editor")
    page = (await desk.get("/desk/gifts")).text
    assert "tot het hersteld is" in page
    for place in ("gulle-gever/index.nl.md:1", "2026-47.nl.md:1", "about.nl.md:2"):
        assert place in page
    for words in ("het kopje ontbreekt", "‘subject’ ontbreekt", "bewaar het bestand als UTF-8"):
        assert words in page
    await desk.aclose()
