"""The weekly tip: signing up, leaving, and each issue once to each subscriber."""

import asyncio
from collections.abc import Callable

import pytest

from server.kit.clock import now
from server.kit.house import HouseFile
from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead, Subscription
from server.mail.letters import Letters
from server.mail.models import Delivery
from server.newsletter import issuing, queueing
from server.newsletter.issuing import Editor, NoSuchIssueError
from server.newsletter.models import Issue
from server.newsletter.queueing import queue_next
from server.newsletter.standing import status_of
from server.newsletter.tips import Tips
from server.tracking.models import Event
from tests.product import Product, body_of

Clock = Callable[[float], None]
READER = "joost@example.org"
ISSUE = "2026-47"


def editor(product: Product) -> Editor:
    settings = product.settings
    return Editor(
        product.site,
        HouseFile(settings.content).fresh(),
        Letters(settings.email_templates),
        Tips(settings.content),
        settings.timezone,
    )


async def send(product: Product, issue: str = ISSUE) -> bool:
    first = await issuing.send(editor(product), issue)
    await product.work()
    return first


async def test_nobody_is_on_the_list_before_the_button(product: Product) -> None:
    answer = await product.post("/nl/newsletter", data={"email": READER, "name": "Joost"})
    assert answer.headers["location"] == "/nl/newsletter?sent=1"
    path = await product.link(READER, "/confirm/")
    for _ in range(3):
        assert "Ja, stuur mij de tip" in (await product.get(path)).text
        await product.client.head(path)
    await send(product)
    assert (await status_of(ISSUE)).audience == 0  # type: ignore[union-attr]
    assert not (await Subscription.get()).is_active


async def test_the_button_confirms_once_and_leaves_one_receipt(product: Product) -> None:
    await product.post("/en/newsletter", data={"email": READER})
    path = await product.link(READER, "/confirm/")
    await asyncio.gather(*(product.post(path) for _ in range(5)))
    assert "See you on Tuesday" in (await product.get(path)).text
    receipt = await Consent.get()
    assert receipt.wording == "Send me the weekly tip of Bureau Brugman."
    assert await chain_holds(await Lead.get())
    assert await Event.filter(kind="newsletter.confirmed").count() == 1


async def test_a_changed_receipt_shows(product: Product) -> None:
    await product.subscribe(READER)
    assert await chain_holds(await Lead.get())
    await Consent.all().update(wording="Stuur mij alles.")
    assert not await chain_holds(await Lead.get())


async def test_a_confirmation_link_lives_a_week(product: Product, clock: Clock) -> None:
    clock(-8)
    await product.post("/nl/newsletter", data={"email": READER})
    path = await product.link(READER, "/confirm/")
    clock(-0.9)
    assert (await product.get(path)).status_code == 404
    assert (await product.post(path)).status_code == 404


async def test_each_subscriber_gets_an_issue_once_in_their_language(product: Product) -> None:
    await product.subscribe("nl@example.org", "nl")
    await product.subscribe("en@example.org", "en")
    assert await send(product)
    assert not await send(product)
    dutch, english = product.mails("nl@example.org")[-1], product.mails("en@example.org")[-1]
    assert dutch["Subject"] == "Schrijf op wat je gaf"
    assert english["Subject"] != dutch["Subject"]
    assert await Delivery.filter(key__startswith="issue:").count() == 2
    status = await status_of(ISSUE)
    assert status
    assert (status.state, status.audience, status.states) == ("sent", 2, {"sent": 2})


async def test_who_signs_up_after_it_went_out_is_not_added(product: Product) -> None:
    await product.subscribe("one@example.org")
    await send(product)
    await product.subscribe("two@example.org")
    await send(product)
    assert [str(mail["Subject"]) for mail in product.mails("two@example.org")] == [
        "Wil je elke week een tip?"
    ]


async def test_more_readers_than_one_step_writes(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "CHUNK", 7)
    moment = now()
    for n in range(20):
        lead = await Lead.meet(f"reader{n}@example.org", "nl", "import")
        await Subscription.create(
            lead=lead, list="tips", wording="", page="", asked_at=moment, confirmed_at=moment
        )
    await send(product)
    status = await status_of(ISSUE)
    assert status
    assert status.audience == status.states["sent"] == 20


async def test_a_tip_carries_the_headers_that_mail_programs_ask_for(product: Product) -> None:
    await product.subscribe(READER)
    await send(product)
    mail = product.mails(READER)[-1]
    link, mailbox = str(mail["List-Unsubscribe"]).split(", ")
    assert link.startswith("<http://127.0.0.1:8000/unsubscribe/")
    assert mailbox.startswith("<mailto:")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Precedence"] == "bulk"
    assert mail["List-ID"]
    assert mail.get_content_type() == "multipart/alternative"
    text, html = body_of(mail), body_of(mail, "html")
    assert "Vraag een verkoper wat hij dit jaar weggaf" in text
    assert "aangemeld" in text
    assert html.count("<img") == 0
    assert "{{" not in text + html


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart"])
async def test_one_click_needs_no_page_cookie_or_token(product: Product, content_type: str) -> None:
    await product.subscribe(READER)
    await send(product)
    path = await product.link(READER, "/unsubscribe/")
    form = {"List-Unsubscribe": "One-Click"}
    headers = {"user-agent": "", "origin": "https://a.example", "sec-fetch-site": "cross-site"}
    for _ in range(2):
        if content_type == "multipart":
            files = {name: (None, value) for name, value in form.items()}
            answer = await product.post(path, files=files, headers=headers)
        else:
            answer = await product.post(path, data=form, headers=headers)
        assert answer.status_code == 200
        assert "location" not in answer.headers
    assert (await Subscription.get()).ended_at
    receipts = await Consent.all().order_by("id")
    assert [receipt.given for receipt in receipts] == [True, False]
    assert receipts[1].proof == "one click in the mail program"
    assert await Event.filter(kind="unsubscribe").count() == 1


async def test_opening_the_unsubscribe_link_changes_nothing(product: Product) -> None:
    await product.subscribe(READER)
    await send(product)
    path = await product.link(READER, "/unsubscribe/")
    for _ in range(3):
        assert "Meld mij af" in (await product.get(path)).text
        await product.client.head(path)
    assert (await Subscription.get()).is_active


async def test_leaving_stops_the_mail_that_is_ready_to_go(product: Product) -> None:
    await product.subscribe(READER)
    await send(product, "2026-46")
    path = await product.link(READER, "/unsubscribe/")
    await issuing.send(editor(product), ISSUE)
    while await queue_next(product.site):
        pass
    assert await Delivery.filter(state="queued").count() == 1
    await product.post(path, data={"do": "leave"})
    await product.work()
    assert "Schrijf op wat je gaf" not in {mail["Subject"] for mail in product.mails(READER)}
    status = await status_of(ISSUE)
    assert status
    assert (status.state, status.states) == ("sent", {"suppressed": 1})


async def test_a_pause_holds_for_four_weeks_and_then_it_goes_on(
    product: Product, clock: Clock
) -> None:
    clock(-29)
    await product.subscribe(READER)
    await send(product, "2026-45")
    path = await product.link(READER, "/unsubscribe/")
    assert "Vier weken rust" in (await product.post(path, data={"do": "pause"})).text
    clock(-7)
    await send(product, "2026-46")
    clock(0)
    await send(product, "2026-47")
    subjects = [mail["Subject"] for mail in product.mails(READER)]
    assert subjects[1:] == ["Vraag eerst, dan pas geven", "Schrijf op wat je gaf"]


async def test_who_left_and_signs_up_again_is_asked_again(product: Product, clock: Clock) -> None:
    clock(-1)
    await product.subscribe(READER)
    await send(product)
    path = await product.link(READER, "/unsubscribe/")
    await product.post(path)
    clock(0)
    await product.subscribe(READER)
    assert (await Subscription.get()).is_active
    assert await Consent.all().count() == 3


async def test_an_issue_that_asks_does_not_reach_who_just_got_a_gift(
    product: Product, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("asks")
    (folder / "newsletter").mkdir()
    text = "---\nsubject: Doe mee\nasks: true\npublished: 2026-11-01\n---\n\nKom langs.\n"
    (folder / "newsletter" / "2026-50.nl.md").write_text(text)
    clock(-1)
    await product.subscribe("other@example.org")
    await product.subscribe(READER)
    clock(0)
    await product.gift("gulle-gever", READER)
    asking = Editor(**{**editor(product).__dict__, "tips": Tips(folder)})
    await issuing.send(asking, "2026-50")
    while await queue_next(product.site):
        pass
    status = await status_of("2026-50")
    assert status
    assert (status.audience, status.in_window) == (1, 1)
    assert not await Delivery.exists(key__startswith="issue:", lead__email=READER)


async def test_an_issue_that_does_not_exist_is_refused(product: Product) -> None:
    with pytest.raises(NoSuchIssueError):
        await issuing.send(editor(product), "1999-01")
    assert await Issue.all().count() == 0


async def test_a_test_copy_goes_to_one_address_that_need_not_be_a_lead(product: Product) -> None:
    await issuing.send_test(editor(product), ISSUE, "editor@example.org", "nl")
    await product.work()
    (mail,) = product.mails("editor@example.org")
    assert mail["Subject"] == "Schrijf op wat je gaf"
    assert await Lead.all().count() == 0
    path = await product.link("editor@example.org", "/unsubscribe/")
    assert (await product.post(path)).status_code == 200


async def test_the_archive_and_the_feed_hold_what_is_published_or_sent(product: Product) -> None:
    assert (await product.get("/nl/newsletter/2026-48")).status_code == 404
    feed = await product.get("/nl/newsletter/feed.xml")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert feed.text.count("<entry>") == 9
    await product.subscribe(READER)
    await send(product, "2026-48")
    assert (await product.get("/nl/newsletter/2026-48")).status_code == 200
    assert (await product.get("/nl/newsletter/feed.xml")).text.count("<entry>") == 10


async def test_a_page_of_a_tip_holds_nothing_of_its_reader(product: Product) -> None:
    await product.subscribe(READER)
    await send(product)
    page = await product.get("/nl/newsletter/2026-47")
    assert "http://127.0.0.1:8000/nl/newsletter/2026-47</code>" in page.text
    assert "/unsubscribe/" not in page.text
