"""Links in the tip: plain for everybody, by way of us only for who said yes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from server.kit.clock import now
from server.leads import tracking_consent
from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead
from server.leads.subscribing import Asked
from server.mail.models import Delivery, MessageLink
from server.newsletter import issuing
from server.tracking.models import Event
from tests import weekly
from tests.product import MINUTE, Product, body_of
from tests.support import machine
from tests.weekly import LINKS, tracked

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

READER, OTHER = "joost@example.org", "other@example.org"
QUESTION = 'name="following"'
WORDS = "Bureau Brugman mag zien of ik de wekelijkse tip open en welke links erin ik volg."
NO = ({"DNT": "1"}, {"Sec-GPC": "1"})


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return weekly.with_linked_tip(environ, tmp_path)


async def test_the_question_is_asked_unticked_after_both_buttons(product: Product) -> None:
    gift = await product.gift("gulle-gever", READER, tips=True)
    await product.subscribe(OTHER)
    confirmed = await product.link(OTHER, "/confirm/")
    for path in (gift, confirmed):
        page = (await product.get(path)).text
        assert f'action="{path}/following"' in page
        assert f'<input type="checkbox" {QUESTION} value="yes"> <span>{WORDS}' in page
        await product.post(f"{path}/following", data={})
        assert QUESTION in (await product.get(path)).text
    assert not await Lead.exists(mail_tracking_at__isnull=False)
    assert not await Consent.exists(purpose="mail-tracking")


async def test_a_yes_and_a_no_leave_a_receipt_each_however_often_pressed(product: Product) -> None:
    path = await product.gift("gulle-gever", READER)
    for form in ({"following": "yes"}, {"do": "stop"}):
        answers = await asyncio.gather(
            *(product.post(f"{path}/following", data=form) for _ in range(6))
        )
        assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, path)}
    given, taken = await Consent.filter(purpose="mail-tracking").order_by("id")
    assert (given.given, given.wording, given.page) == (True, WORDS, "/gift")
    assert (taken.given, taken.wording) == (False, "Neem mijn toestemming terug")
    assert given.network == taken.network == "127.0.0.0/24"
    assert given.proof == "button on the gift page"
    assert await chain_holds(await Lead.get())


async def test_the_page_says_so_and_takes_it_back(product: Product) -> None:
    path = await weekly.subscribe(product, READER)
    page = (await product.get(path)).text
    assert f"‘{WORDS}’" in page
    assert QUESTION not in page
    await product.post(f"{path}/following", data={"do": "stop"})
    assert QUESTION in (await product.get(path)).text
    assert (await Lead.get()).mail_tracking_at is None


async def test_who_may_not_be_followed_is_not_asked_and_not_taken_at_their_word(
    product: Product,
) -> None:
    gift = await product.gift("gulle-gever", READER)
    await product.subscribe(OTHER)
    for path in (gift, await product.link(OTHER, "/confirm/")):
        for headers in NO:
            assert QUESTION not in (await product.get(path, headers=headers)).text
            await product.post(f"{path}/following", data={"following": "yes"}, headers=headers)
        await Lead.all().update(profiling_off_at=now())
        assert QUESTION not in (await product.get(path)).text
        await product.post(f"{path}/following", data={"following": "yes"})
        await Lead.all().update(profiling_off_at=None)
    assert not await Lead.exists(mail_tracking_at__isnull=False)
    # Taking it back works in any browser.
    await product.post(f"{gift}/following", data={"following": "yes"})
    await product.post(f"{gift}/following", data={"do": "stop"}, headers=NO[0])
    assert not await Lead.exists(mail_tracking_at__isnull=False)


async def test_nobody_says_yes_for_another_through_a_link_that_was_passed_on(
    product: Product,
) -> None:
    path = await product.gift("gulle-gever", READER)
    async with product.browser() as friend:
        assert QUESTION not in (await friend.get(path)).text
        await friend.post(f"{path}/following", data={"following": "yes"})
        assert (await Lead.get()).mail_tracking_at is None
    await product.ask("gulle-gever", OTHER)
    waiting = await product.link(OTHER, "/gift/")
    answer = await product.post(f"{waiting}/following", data={"following": "yes"})
    assert answer.status_code == 404


async def test_only_who_said_yes_gets_links_of_their_own(product: Product) -> None:
    await weekly.subscribe(product, READER)
    await weekly.subscribe(product, OTHER, followed=False)
    await weekly.send(product)
    assert [link.target for link in await MessageLink.all().order_by("number")] == [*LINKS]
    mail = product.mails(OTHER)[-1]
    text, html = body_of(mail), body_of(mail, "html")
    assert "/t/" not in text + html
    assert "<img" not in html
    assert all(target in text for target in LINKS)
    assert html.count(f'href="{LINKS[0]}"') == 2
    assert 'href="https://one.example.org/a?x=1&amp;y=2#deel"' in html
    mine = tracked(product, READER)
    assert sorted(mine) == ["0", "1", "2", "3", "4", "o.gif"]
    mail = product.mails(READER)[-1]
    text, html = body_of(mail), body_of(mail, "html")
    assert not any(target in text for target in LINKS)
    assert "{{" not in text + html
    assert all(f"http://127.0.0.1:8000{mine[n]}" in text for n in "1234")
    # What is said to hold nothing of the reader does not; nor what is about themselves.
    assert "http://127.0.0.1:8000/nl/newsletter/2026-50" in text
    assert 'href="http://127.0.0.1:8000/nl/"' in html
    assert 'href="tel:+31300000000"' in html
    assert 'href="mailto:marit@example.org"' in html


async def test_the_trap_is_for_machines_only(product: Product) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    mail, path = product.mails(READER)[-1], tracked(product, READER)["0"]
    assert path not in body_of(mail)
    around = body_of(mail, "html").partition(path)
    assert around[0].endswith(
        '<div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
        '<a href="http://127.0.0.1:8000'
    )
    assert around[2].startswith('" tabindex="-1" rel="nofollow"></a></div>')
    answer = await product.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://127.0.0.1:8000/nl/")


async def test_mails_that_somebody_waits_for_keep_plain_links(
    product: Product, clock: Callable[[float], None]
) -> None:
    await weekly.subscribe(product, READER)
    clock(20 * MINUTE)
    await product.ask("gulle-gever", READER)
    await product.work()
    assert len(product.mails(READER)) == 2
    for mail in product.mails(READER):
        html = body_of(mail, "html")
        assert "/t/" not in body_of(mail) + html
        assert "display:none;max-height" not in html
    path = await product.link(READER, "/unsubscribe/")
    await product.get(path)
    assert not await Event.exists(kind="mail.unsubscribe_page")


async def test_a_link_leads_to_its_target_and_nowhere_else(product: Product) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    mine = tracked(product, READER)
    for number, target in enumerate(LINKS, 1):
        for method in ("GET", "HEAD"):
            query = {"url": "https://evil.example/", "next": "//evil.example"}
            answer = await product.client.request(method, mine[str(number)], params=query)
            assert (answer.status_code, answer.headers["location"]) == (303, target)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert "set-cookie" not in answer.headers
    kinds = {(hit.method, hit.evidence) for hit in await Event.filter(kind="mail.click")}
    assert kinds == {("GET", "scanner"), ("HEAD", "scanner")}


async def test_wrong_tokens_and_numbers_are_the_same_page(product: Product) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    right = tracked(product, READER)["1"].removesuffix("/1")
    token = right.removeprefix("/t/")
    number = await Delivery.filter(key__startswith="issue:").first()
    assert number
    forged = [
        f"/t/{number.id}.AAAAAAAAAAAAAAAAAAAAAAAA/1",
        f"/t/{number.id + 1}{token[len(str(number.id)) :]}/1",
        f"/t/{product.site.token('unsubscribe', number.id)}/1",
        f"/t/{product.site.token('track', 999_999)}/1",
        f"/t/{product.site.token('unsubscribe', number.id)}/o.gif",
    ]
    wrong = [f"{right}/{odd}" for odd in ("5", "01", "-1", "1.0", "x", "٣", "9" * 40, "o.png")]
    headers = {"accept-language": "nl"}
    pages = {(await product.get(path, headers=headers)).text for path in [*forged, *wrong]}
    codes = {(await product.get(path)).status_code for path in [*forged, *wrong]}
    assert codes == {404}
    assert len(pages) == 1
    assert not await Event.exists(delivery_number__isnull=False)


async def test_the_picture_is_one_transparent_pixel(product: Product) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    answer = await product.get(tracked(product, READER)["o.gif"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert len(answer.content) == 43
    assert answer.content[:10] == b"GIF89a\x01\x00\x01\x00"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert await weekly.verdicts() == [("open", 0, "likely", "none")]


async def test_a_consent_taken_back_holds_for_the_very_next_hit_and_mail(product: Product) -> None:
    path = await weekly.subscribe(product, READER)
    await weekly.send(product)
    mine = tracked(product, READER)
    leave = await product.link(READER, "/unsubscribe/")
    await product.get(mine["1"])
    await product.post(f"{path}/following", data={"do": "stop"})
    assert (await product.get(mine["2"])).headers["location"] == LINKS[1]
    await product.get(mine["0"])
    assert (await product.get(mine["o.gif"])).status_code == 200
    await product.get(leave)
    assert [(kind, n) for kind, n, *_ in await weekly.verdicts()] == [("click", 1)]
    await weekly.send(product, "2026-47")
    assert tracked(product, READER) == {}


async def test_who_switched_profiling_off_is_not_followed_whatever_they_said(
    product: Product,
) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    mine = tracked(product, READER)
    await Lead.all().update(profiling_off_at=now())
    assert (await product.get(mine["1"])).status_code == 303
    await weekly.send(product, "2026-47")
    assert tracked(product, READER) == {}
    assert await weekly.verdicts() == []


@pytest.mark.parametrize("headers", NO)
async def test_a_browser_that_asks_not_to_be_followed_is_not(
    product: Product, headers: dict[str, str]
) -> None:
    await weekly.subscribe(product, READER)
    await weekly.send(product)
    mine = tracked(product, READER)
    leave = await product.link(READER, "/unsubscribe/")
    for path in (*mine.values(), leave):
        assert (await product.get(path, headers=headers)).status_code in (200, 303)
    assert await weekly.verdicts() == []


async def test_a_yes_that_crosses_an_objection_is_none(product: Product) -> None:
    await product.gift("gulle-gever", READER)
    lead = await Lead.get()
    await Lead.all().update(profiling_off_at=now())
    asked = Asked(WORDS, "/gift", "127.0.0.0/24")
    assert not await tracking_consent.allow(lead, asked, "button")
    assert not await Consent.exists(purpose="mail-tracking")


async def test_a_mended_link_leads_to_its_new_target(product: Product) -> None:
    # Its words stay the same, so nothing but the target tells the two texts apart.
    for host in ("one.example.org", "mended.example.org"):
        file = product.settings.content / "newsletter" / f"{weekly.ISSUE}.nl.md"
        file.write_text(weekly.TIP.replace("one.example.org/a?", f"{host}/a?"), "utf-8")
        await issuing.send_test(weekly.editor(product), weekly.ISSUE, f"me@{host}", "nl")
        await product.work()
        (mail,) = product.mails(f"me@{host}")
        assert f"https://{host}/a?x=1&y=2#deel" in body_of(mail)
        assert "/t/" not in body_of(mail)
