"""The desk: who waits, an answer by mail, closing, help on the balance, two colleagues at once."""

import asyncio
import re
from collections.abc import Callable

from httpx2 import AsyncClient, Response

from server.contact.models import Conversation, ConversationLine
from server.kit.clock import now
from server.leads.models import Lead
from server.mail import outbox
from server.mail.models import Delivery
from server.staff.models import AuditEntry, StaffUser
from server.tracking.models import Event
from tests.contact.test_asking import ASKER, QUESTION, ask, days_until
from tests.desk.test_outcomes import word
from tests.product import MINUTE, Product, body_of

Clock = Callable[[float], None]
ANSWER = "Dag Nadia,\r\n\r\nJa, <b>tot twaalf</b> mensen.\r\n\r\nGroet,\r\nSanne"


async def press(desk: AsyncClient, number: int, what: str = "answer", **fields: str) -> Response:
    """Press a button of the page as it is now."""
    page = (await desk.get(f"/desk/conversations/{number}")).text
    seen = re.search(r'name="seen" value="(\d+)"', page)
    form = {"csrf": word(page), "seen": seen[1] if seen else "0", "text": ANSWER, **fields}
    return await desk.post(f"/desk/conversations/{number}/{what}", data=form)


async def test_a_question_is_listed_answered_by_mail_and_closed(
    product: Product, clock: Clock
) -> None:
    clock(days_until("2026-11-24 12:00", product))
    await ask(product)
    desk = await product.log_in("sales")
    number = (await Conversation.get()).id
    listed = (await desk.get("/desk/conversations")).text
    assert f'href="/desk/conversations/{number}"' in listed
    assert "Geven jullie dit ook als training? We zijn met acht mensen." in listed
    page = (await desk.get(f"/desk/conversations/{number}")).text
    assert "adres niet bevestigd" in page
    assert "Beloofd: antwoord voor 24 nov 23.00." in page
    assert "Dag Nadia,\n\n\n\nGroet,\nsales</textarea>" in page
    answer = await press(desk, number)
    assert answer.headers["location"] == f"/desk/conversations/{number}?told=answered"
    await product.work()
    (mail,) = product.mails(ASKER)
    assert mail["Subject"] == "Antwoord op je vraag aan Bureau Brugman"
    assert mail["From"] == str(product.settings.sender)
    assert mail["Auto-Submitted"] is None
    assert mail["In-Reply-To"] is None
    text, html = body_of(mail), body_of(mail, "html")
    assert "Ja, <b>tot twaalf</b> mensen.\n\nGroet,\nSanne\n" in text
    assert "  Geven jullie dit ook als training?\n" in text
    assert "Voorbeeldkade 12, 1234 AB Deventer" in text
    assert "&lt;b&gt;tot twaalf&lt;/b&gt; mensen.</p>" in html
    assert "Groet,<br>Sanne</p>" in html
    assert (await Conversation.get()).state == "waiting"
    assert (await Conversation.get()).owner_id == (await StaffUser.get()).id
    assert await AuditEntry.filter(action="conversation.answered").count() == 1
    page = (await desk.get(f"/desk/conversations/{number}")).text
    assert "Verstuurd." in page
    # The next one hangs under the first in the mailbox of the asker.
    await press(desk, number, text="En nog iets: neem een pen mee.", do="close", help="yes")
    await product.work()
    first, second = product.mails(ASKER)
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert (await Conversation.get()).state == "closed"
    assert await Event.filter(kind="help.given").count() == 1
    lead = await Lead.get()
    assert lead.no_ask_until
    assert lead.no_ask_until > now()
    assert (
        "Gesloten op dinsdag 24 november." in (await desk.get(f"/desk/conversations/{number}")).text
    )
    await desk.aclose()


async def test_of_two_who_answer_at_once_one_sends_and_the_other_reads_first(
    product: Product,
) -> None:
    await ask(product)
    number = (await Conversation.get()).id
    colleagues = [await product.log_in(role) for role in ("sales", "editor")]
    forms = []
    for one in colleagues:
        page = (await one.get(f"/desk/conversations/{number}")).text
        forms.append({"csrf": word(page), "seen": "1"})
    answers = await asyncio.gather(
        *(
            one.post(
                f"/desk/conversations/{number}/answer", data=form | {"text": f"Van collega {n}."}
            )
            for n, (one, form) in enumerate(zip(colleagues, forms, strict=True))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(n for n, answer in enumerate(answers) if answer.status_code == 409)
    page = answers[late].text
    assert "Er kwam intussen iets bij" in page
    assert f"Van collega {1 - late}.</p>" in page
    assert f"Van collega {late}.</textarea>" in page
    assert 'name="seen" value="2"' in page
    assert await Delivery.filter(lead__email=ASKER).count() == 1
    # After reading the first answer the second may follow.
    assert (await press(colleagues[late], number)).status_code == 303
    for one in colleagues:
        await one.aclose()


async def test_an_answer_that_cannot_be_sent_leaves_nothing_behind(product: Product) -> None:
    await ask(product)
    number = (await Conversation.get()).id
    desk = await product.log_in("editor")
    empty = await press(desk, number, text="Dag Nadia,\r\n\r\n\r\n\r\nGroet,\r\neditor")
    assert empty.status_code == 422
    assert "Er staat nog geen antwoord" in empty.text
    written = await press(desk, number, "close")
    assert written.status_code == 422
    assert "tot twaalf" in written.text
    await outbox.suppress(product.site, ASKER, "no such mailbox")
    refused = await press(desk, number)
    assert refused.status_code == 422
    assert "Dit adres krijgt geen mail meer" in refused.text
    assert "&lt;b&gt;tot twaalf" in refused.text
    conversation = await Conversation.get()
    assert (conversation.state, conversation.line_count) == ("open", 1)
    assert await ConversationLine.filter(is_ours=True).count() == 0
    # Nobody of us answered: the address is as any other that nobody confirmed.
    assert (await press(desk, number, "close", text="")).status_code == 303
    assert (await Lead.get()).talked_at is None
    assert (await press(desk, number, "reopen")).status_code == 303
    assert (await Conversation.get()).state == "open"
    assert (await Lead.get()).talked_at
    await desk.aclose()


async def test_a_question_after_an_answer_opens_the_conversation_and_after_closing_a_new_one(
    product: Product,
) -> None:
    await ask(product)
    desk = await product.log_in("sales")
    number = (await Conversation.get()).id
    await press(desk, number)
    await ask(product, question="Dank! En in de zomer?")
    assert (await Conversation.get()).state == "open"
    await press(desk, number, do="close")
    await ask(product, question="Nu iets heel anders.")
    assert [one.state for one in await Conversation.all().order_by("id")] == ["closed", "open"]
    assert await ConversationLine.filter(conversation_id=number).count() == 4
    mine = await StaffUser.get()
    other = await Conversation.get(state="open")
    assert (await press(desk, other.id, "owner", owner=str(mine.id))).status_code == 303
    assert (await Conversation.get(id=other.id)).owner_id == mine.id
    assert (await press(desk, other.id, "owner", owner="999")).status_code == 404
    assert (await desk.get("/desk/conversations/999")).status_code == 404
    await desk.aclose()


async def test_waiting_counts_open_hours_and_a_broken_promise_is_said(
    product: Product, clock: Clock
) -> None:
    asked = days_until("2026-11-23 22:50", product)
    clock(asked)
    await ask(product)
    clock(asked + (8 * 60 + 55) * MINUTE)  # 7.45: ten minutes in the evening, 45 in the morning
    desk = await product.log_in("sales")
    number = (await Conversation.get()).id
    assert "55 minuten</span>" in (await desk.get("/desk/conversations")).text
    clock(asked + (10 * 60 + 30) * MINUTE)
    assert "20 minuten te laat</span>" in (await desk.get("/desk/conversations")).text
    assert (await press(desk, number)).status_code == 303
    page = (await desk.get(f"/desk/conversations/{number}")).text
    assert "20 minuten te laat beantwoord." in page
    assert "onbekend" in page
    for n in range(4):
        await ask(product, question=f"Vraag nummer {n}, kort.")
        clock(asked + (10 * 60 + 40 + n) * MINUTE)
        await press(desk, number)
    assert "De laatste 5 vragen" in (await desk.get("/desk/conversations?view=waiting")).text
    await desk.aclose()


async def test_sales_reads_the_words_and_the_lead_sees_and_erases_the_conversation(
    product: Product,
) -> None:
    gift = await product.gift("gulle-gever", ASKER, name="Nadia")
    assert gift
    await ask(product)
    desk = await product.log_in("admin")
    await press(desk, (await Conversation.get()).id, help="yes")
    await product.work()
    lead = await Lead.get()
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    words = "Geven jullie dit ook als training? We zijn met acht mensen."
    assert f"<blockquote>{words}</blockquote>" in card
    assert f"Vroeg vandaag: ‘{words}’" in card
    assert "Hulp in een gesprek" in card
    path = await product.link(ASKER, "/me/")
    own = (await product.get(path)).text
    assert f"Vroeg vandaag: ‘{words}’" in own
    assert "tot twaalf" in own
    export = (await product.get(f"{path}/export.json")).json()["tables"]
    assert [line["is_ours"] for line in export["conversation_line"]] == [False, True]
    assert {row["address"] for row in export["delivery"]} == {"", "marit@brugman.example.org"}
    erased = await product.post(path, data={"do": "erase", "sure": "yes"})
    assert erased.status_code == 303
    for model in (Conversation, ConversationLine, Delivery):
        assert await model.filter().exclude(id=0).count() == 0, model
    for file in product.settings.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert ASKER.encode() not in content, file.name
            assert b"acht mensen" not in content, file.name
    await desk.aclose()


async def test_an_empty_desk_says_how_questions_come(product: Product) -> None:
    desk = await product.log_in("editor")
    for view, words in (
        ("open", "Niemand wacht op ons"),
        ("waiting", "We wachten op niemand"),
        ("closed", "Nog niets gesloten"),
    ):
        assert words in (await desk.get(f"/desk/conversations?view={view}")).text
    assert QUESTION
    await desk.aclose()


async def test_g4_an_answer_that_asks_waits_for_the_quiet_days_or_for_a_reason(
    product: Product,
) -> None:
    await product.gift("gulle-gever", ASKER)
    await ask(product)
    desk = await product.log_in("sales")
    number = (await Conversation.get()).id
    offer = "Dag Nadia,\n\nBestel de training hier: https://example.org/training\n\nGroet,\nSanne"
    # A text that asks without saying so is asked about; nothing is sent and nothing lost.
    undeclared = await press(desk, number, text=offer)
    assert undeclared.status_code == 422
    assert "Hier wordt iets gevraagd (‘bestel’)" in undeclared.text
    assert "Bestel de training hier" in undeclared.text
    mails = await Delivery.all().count()
    early = await press(desk, number, text=offer, asks="yes")
    assert early.status_code == 422
    assert "kreeg net iets van ons" in early.text
    assert await Delivery.all().count() == mails
    assert (await Conversation.get()).state == "open"
    # An exception has a reason and a name.
    sent = await press(desk, number, text=offer, asks="yes", despite="Zij vroeg er zelf om")
    assert sent.status_code == 303
    entry = await AuditEntry.get(action="ask.overridden")
    assert "Zij vroeg er zelf om" in entry.detail
    assert entry.staff_id
    await product.work()
    assert "Bestel de training hier" in body_of(product.mails(ASKER)[-1])
    # A mere answer needs no word about it.
    assert (await press(desk, number, text="Ja, dat kan. Groet, Sanne")).status_code == 303
