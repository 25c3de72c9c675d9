"""The own page: who opens it, and what it shows."""

import re
from collections.abc import Callable

import pytest

from server.gifts.models import Gift
from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Delivery
from server.newsletter import issuing
from server.readiness.models import Score
from server.sales.rows import make_view, row_of, sum_parts
from tests.flows.test_tip import editor
from tests.product import MINUTE, Product, body_of

Clock = Callable[[float], None]
READER = "joost@vandijk.example.org"


async def furnish(product: Product, clock: Clock, *, lang: str = "nl") -> str:
    """A lead who got, read and liked a book and gets the tip; the path of their page."""
    clock(-9)
    gift = await product.gift("gulle-gever", READER, tips=True, name="Joost", lang=lang)
    for number in range(1, 12):
        clock(-9 + 5 * number * MINUTE)
        await product.read(gift, number)
    clock(-8)
    await product.post(f"{gift}/liked", data={"liked": "4", "why": "Hoofdstuk 3."})
    await product.work()
    clock(0)
    return await product.link(READER, "/me/")


def text_of(html: str) -> str:
    """The words of a page without its drawings."""
    plain = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(plain.split())


@pytest.mark.parametrize("lang", ["nl", "en"])
async def test_it_shows_everything_in_the_language_of_the_lead(
    product: Product, clock: Clock, lang: str
) -> None:
    path = await furnish(product, clock, lang=lang)
    answer = await product.get(path, headers={"accept-language": "de"})
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    words = {
        "nl": ("Jouw pagina", "De gulle gever stelt grenzen", "heel goed", "van jou"),
        "en": ("Your page", "Generous, with limits", "very good", "from you"),
    }
    shown = text_of(answer.text)
    for word in (*words[lang], READER, "Joost", "Hoofdstuk 3.", "127.0.0.0/24"):
        assert word in shown, word
    assert "{{" not in answer.text
    assert answer.text.count("<h1") == 1


async def test_it_is_kept_by_nobody(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    for place in (path, f"{path}/export.json", f"{path}/export.csv"):
        headers = (await product.get(place)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in headers
    assert "Disallow: /me/" in (await product.get("/robots.txt")).text


async def test_it_shows_the_very_sentence_and_sum_that_sales_see(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    await Lead.all().update(role="directeur")
    shown = text_of((await product.get(path)).text)
    lead = await Lead.get()
    state = product.state
    view = await make_view(state.library, "nl", product.settings.timezone)
    row = row_of(lead, await Score.get(lead_id=lead.id), view)
    assert row.why.replace("*", "") in shown.replace("  ", " ")
    told = shown.partition("Hoe de punten tot stand komen")[2].partition(" Samen ")
    points = [int(number.replace("−", "-")) for number in re.findall(r"[+−]\d+", told[0])]
    assert len(points) == len(sum_parts(row, view)) > 2
    assert sum(points) == row.assessment.points == int(told[2].split()[0])
    desk = await product.log_in("sales")
    assert row.why.replace("*", "") in text_of((await desk.get(f"/desk/leads/{lead.id}")).text)
    await desk.aclose()


async def test_every_mail_to_a_lead_has_the_link_and_no_other_has(
    product: Product, clock: Clock
) -> None:
    await furnish(product, clock)
    await product.post("/nl/newsletter", data={"email": "new@example.org"})
    await issuing.send(editor(product), "2026-47")
    await issuing.send_test(editor(product), "2026-47", "editor@example.org", "nl")
    desk = await product.log_in()
    await desk.post("/desk/login", data={"email": "admin@staff.example.org"})
    await desk.aclose()
    await product.work()
    mails = {str(mail["Subject"]): mail for mail in product.mails()}
    assert len(mails) == 4
    for mail in product.mails():
        lead = str(mail["To"]).endswith(("vandijk.example.org>", "new@example.org"))
        for kind in ("plain", "html"):
            body = body_of(mail, kind)
            assert ("/me/" in body) == lead, mail["Subject"]
            assert ("eten" in body.partition("-- \n")[2]) == lead or kind == "html"
            assert "{{" not in body
    tip = body_of(product.mails(READER)[-1])
    assert "Pauze, taal, wat we van je weten:" in tip
    assert "Wat we van je weten:" in body_of(product.mails(READER)[0])


async def test_a_link_opens_the_page_of_its_own_reader_only(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    other = await product.gift("gulle-gever", "other@example.org")
    mine = await product.link(READER, "/me/")
    theirs = await product.link("other@example.org", "/me/")
    assert READER in (await product.get(mine)).text
    page = (await product.get(theirs)).text
    assert "other@example.org" in page
    assert READER not in page
    swapped = "/me/" + mine.split("/")[2].split(".")[0] + "." + theirs.split(".")[-1]
    for wrong in (swapped, "/me/1.nonsense", other.replace("/gift/", "/me/")):
        for place in (wrong, f"{wrong}/export.json", f"{wrong}/export.csv"):
            assert (await product.get(place)).status_code == 404, place
        assert (await product.post(wrong, data={"do": "leave"})).status_code == 404


async def test_the_link_of_a_mail_to_nobody_we_know_opens_nothing(product: Product) -> None:
    await issuing.send_test(editor(product), "2026-47", "editor@example.org", "nl")
    delivery = await Delivery.get()
    path = f"/me/{product.site.token('me', delivery.id)}"
    assert (await product.get(path)).status_code == 404


async def test_wrong_old_and_erased_are_the_same_page(product: Product, clock: Clock) -> None:
    await product.gift("gulle-gever", READER)
    path = await product.link(READER, "/me/")
    clock(89)
    assert (await product.get(path)).status_code == 200
    clock(91)
    dutch = {"accept-language": "nl"}
    old = await product.get(path, headers=dutch)
    clock(0)
    await product.post(path, data={"do": "erase", "sure": "yes"})
    erased = await product.get(path, headers=dutch)
    wrong = await product.get("/me/1.nonsense", headers=dutch)
    pages = [one.text.partition("<footer")[0] for one in (old, erased, wrong)]
    assert {one.status_code for one in (old, erased, wrong)} == {404}
    assert pages[0] == pages[1] == pages[2]


async def test_an_expired_gift_opens_again_at_once(product: Product, clock: Clock) -> None:
    await furnish(product, clock)
    await Gift.all().update(expires_at=now())
    path = await product.link(READER, "/me/")
    gift = await Gift.get()
    page = (await product.get(path)).text
    assert 'href="/gift/' not in page
    assert (await Gift.get()).expires_at == gift.expires_at
    answer = await product.post(path, data={"do": "renew", "gift": str(gift.id)})
    assert answer.status_code == 303
    assert "Hier lezen" in (await product.get(answer.headers["location"])).text
    assert answer.headers["location"] in (await product.get(path)).text


async def test_nobody_renews_the_gift_of_another(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    path = await product.link(READER, "/me/")
    await product.gift("gulle-gever", "other@example.org")
    moment = now()
    await Gift.all().update(expires_at=moment)
    theirs = await Gift.get(lead__email="other@example.org")
    for number in (str(theirs.id), "0", "-1", "x", "²", "9" * 20, ""):
        answer = await product.post(path, data={"do": "renew", "gift": number})
        assert answer.status_code == 422, number
    assert (await Gift.get(id=theirs.id)).expires_at == theirs.expires_at


async def test_a_gift_that_was_withdrawn_or_not_yet_taken_says_so(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    path = await product.link(READER, "/me/")
    assert "nog niet opgehaald" in (await product.get(path)).text
    await Gift.all().update(revoked_at=now())
    page = await product.get(path)
    assert "niet meer te openen" in page.text
    number = str((await Gift.get()).id)
    answer = await product.post(path, data={"do": "renew", "gift": number})
    assert answer.status_code == 422


async def test_a_name_is_shown_as_it_was_typed(product: Product) -> None:
    name = '{{7*7}} <b>"x"</b>'
    await product.gift("gulle-gever", READER, name=name)
    page = (await product.get(await product.link(READER, "/me/"))).text
    assert "{{7*7}} &lt;b&gt;&#34;x&#34;" in page
    assert "<b>" not in page
