"""Getting the link: from the gift page and by a form; who asks learns nothing."""

import asyncio
from collections.abc import Callable

import pytest

from server.leads.models import Lead
from server.mail.models import Delivery
from tests.product import MINUTE, Product, body_of
from tests.support import machine

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

Clock = Callable[[float], None]
READER = "joost@example.org"


async def test_the_form_mails_the_link_in_the_language_of_the_lead(
    product: Product, clock: Clock
) -> None:
    clock(-1)
    await product.gift("gulle-gever", READER, lang="en")
    clock(0)
    answer = await product.post("/nl/my-page", data={"email": " Joost@Example.ORG "})
    assert answer.headers["location"] == "/nl/my-page?sent=1"
    assert "er een mail onderweg" in (await product.get(answer.headers["location"])).text
    path = await product.link(READER, "/me/")
    assert str(product.mails(READER)[-1]["Subject"]) == "Your page at Bureau Brugman"
    assert "Your page" in (await product.get(path)).text


async def test_known_and_unknown_addresses_look_the_same(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    known = await product.post("/nl/my-page", data={"email": READER})
    unknown = await product.post("/nl/my-page", data={"email": "nobody@example.org"})
    assert (known.status_code, dict(known.headers)) == (unknown.status_code, dict(unknown.headers))
    assert known.text == unknown.text
    await product.work()
    assert product.mails("nobody@example.org") == []
    assert await Lead.all().count() == 1


async def test_it_mails_once_a_quarter_and_three_times_a_day(
    product: Product, clock: Clock
) -> None:
    clock(-2)
    gift = await product.gift("gulle-gever", READER)
    before = len(product.mails(READER))
    for minute in range(0, 240, 5):
        clock(minute * MINUTE - 1)
        await product.post("/nl/my-page", data={"email": READER})
        await product.post(f"{gift}/me")
        await product.work()
    assert len(product.mails(READER)) == before + 3


async def test_fifty_forms_at_once_are_one_mail_now(product: Product, clock: Clock) -> None:
    clock(-1)
    await product.gift("gulle-gever", READER)
    clock(0)
    forms = (product.post("/nl/my-page", data={"email": READER}) for _ in range(50))
    assert {answer.status_code for answer in await asyncio.gather(*forms)} == {303}
    mails = await Delivery.filter(message__kind="me")
    assert len([one for one in mails if one.next_try_at <= one.created_at]) == 1
    assert len(mails) <= 3


@pytest.mark.parametrize("lang", ["nl", "en"])
async def test_a_wrong_address_is_named_and_kept(product: Product, lang: str) -> None:
    answer = await product.post(f"/{lang}/my-page", data={"email": "joost@"})
    assert answer.status_code == 422
    assert 'value="joost@"' in answer.text
    words = {"nl": "geen volledig e-mailadres", "en": "not a complete e-mail"}
    assert words[lang] in answer.text


async def test_a_robot_and_a_strange_site_get_nothing(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    before = await Delivery.all().count()
    form = {"email": READER, "website": "https://spam.example.org"}
    assert (await product.post("/nl/my-page", data=form)).status_code == 303
    strange = {"sec-fetch-site": "cross-site"}
    answer = await product.post("/nl/my-page", data={"email": READER}, headers=strange)
    assert answer.status_code == 403
    assert await Delivery.all().count() == before


async def test_the_gift_page_mails_the_link_and_shows_nothing_itself(
    product: Product, clock: Clock
) -> None:
    clock(-1)
    gift = await product.gift("gulle-gever", READER, name="Joost")
    clock(0)
    assert f'action="{gift}/me"' in (await product.get(gift)).text
    answer = await product.post(f"{gift}/me")
    page = await product.get(answer.headers["location"].partition("#")[0])
    assert "Er is een mail onderweg" in page.text
    assert "/me/" not in page.text.replace(f"{gift}/me", "")
    assert "Joost" not in page.text + answer.text
    assert READER not in page.text + answer.text
    await product.work()
    mail = product.mails(READER)[-1]
    assert str(mail["Subject"]) == "Jouw pagina bij Bureau Brugman"
    assert body_of(mail).count("/me/") == 2


async def test_before_the_button_there_is_no_such_mail(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    gift = await product.link(READER, "/gift/")
    for path in (gift, "/gift/1.nonsense"):
        assert (await product.post(f"{path}/me")).status_code == 404
    assert await Delivery.filter(message__kind="me").count() == 0


async def test_the_page_is_found_from_every_public_page_and_from_privacy(
    product: Product,
) -> None:
    for lang in ("nl", "en"):
        for page in ("", "library", "faq", "my-page"):
            assert f'href="/{lang}/my-page"' in (await product.get(f"/{lang}/{page}")).text
        privacy = (await product.get(f"/{lang}/privacy")).text.partition("<footer")[0]
        assert f'href="/{lang}/my-page"' in privacy
        assert f"/{lang}/my-page</loc>" in (await product.get("/sitemap.xml")).text
