"""Why a gift is free stands on its page, and sales sees what somebody is interested in by which."""

from collections.abc import Callable

from httpx2 import AsyncClient

from server.leads.models import Lead
from tests.product import Product, body_of

READER = "joost@example.org"


async def card(desk: AsyncClient) -> str:
    return (await desk.get(f"/desk/leads/{(await Lead.get()).id}")).text


async def test_g2_sales_sees_what_a_lead_is_interested_in_because_of_which_gifts(
    product: Product, clock: Callable[[float], None]
) -> None:
    await product.gift("gulle-gever", READER)
    clock(0.02)
    await product.gift("service-als-cadeau", READER)
    page = await card(await product.log_in("sales"))
    assert "Interesse in grenzen, door <em>De gulle gever stelt grenzen</em>" in page
    assert "De gulle gever stelt grenzen" in page.partition("Waar het over gaat")[2]


async def test_g12_every_gift_says_who_made_it_what_it_is_worth_and_why_it_is_free(
    product: Product,
) -> None:
    words = {
        "nl": ("Waarom het gratis is", "Waarde", "Wat er met je adres gebeurt"),
        "en": ("Why it is free", "Value", "What happens with your address"),
    }
    for lang, (why, worth, address) in words.items():
        for asset in product.state.library.assets(lang, product.state.today()):
            page = (await product.get(asset.path)).text
            assert asset.why_free.split(".")[0] in page.replace("&#39;", "'"), asset.path
            assert asset.author in page
            for word in (why, worth, address):
                assert word in page, (asset.path, word)
    await product.ask("gulle-gever", READER)
    await product.work()
    text = " ".join(body_of(product.mails(READER)[0]).split())
    assert "Vroeg je" in text or "niet om gevraagd" in text
