"""A question by the form: kept, told to staff, and nothing said to who only tries addresses."""

import re
from collections.abc import Callable
from datetime import datetime
from time import monotonic

import pytest

from server.contact.models import Conversation, ConversationLine
from server.kit.clock import now
from server.leads.models import Lead
from server.mail import outbox
from server.mail.models import Delivery
from server.tracking.models import Event
from server.web.forms import EvenAnswer
from tests.product import MINUTE, Product, body_of

Clock = Callable[[float], None]
ASKER, HOST = "nadia@example.org", "marit@brugman.example.org"
QUESTION = "Geven jullie dit ook als training?\r\n\r\nWe zijn met acht mensen."


async def ask(product: Product, lang: str = "nl", **fields: str) -> str:
    """Send the form; where it leads."""
    form = {"email": ASKER, "name": "Nadia el Amrani", "question": QUESTION, **fields}
    answer = await product.post(f"/{lang}/contact", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_question_is_kept_with_its_lead_and_told_to_staff(product: Product) -> None:
    assert await ask(product) == "/nl/contact?sent=1"
    lead, line = await Lead.get(), await ConversationLine.get()
    assert (lead.email, lead.name, lead.verified_at) == (ASKER, "Nadia el Amrani", None)
    assert line.text == QUESTION.replace("\r\n", "\n")
    conversation = await Conversation.get()
    assert (conversation.state, conversation.line_count) == ("open", 1)
    assert conversation.promised_at == line.promised_at
    event = await Event.get(kind="question")
    assert event.detail == "Geven jullie dit ook als training? We zijn met acht mensen."
    await product.work()
    (mail,) = product.mails()
    assert mail["To"] == HOST
    assert mail["Subject"] == "Vraag van Nadia el Amrani"
    text, html = body_of(mail), body_of(mail, "html")
    assert f"/desk/conversations/{conversation.id}" in text
    assert "  Geven jullie dit ook als training?\n" in text
    assert "  We zijn met acht mensen." in text
    assert len(re.findall(r'<p class="text said"[^>]*>(?:Geven|We zijn)', html)) == 2
    assert ASKER in text


async def test_what_is_wrong_stands_at_the_field_and_what_was_written_stays(
    product: Product,
) -> None:
    form = {"email": "nadia@", "name": "Na<b>dia", "question": "Kort</textarea>"[:9]}
    answer = await product.post("/en/contact", data=form)
    assert answer.status_code == 422
    assert "This is not a complete e-mail address" in answer.text
    assert "Write ten characters at least" in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    for kept in ('value="nadia@"', 'value="Na&lt;b&gt;dia"', "Kort&lt;/tex</textarea>"):
        assert kept in answer.text, kept
    long = {"email": ASKER, "question": "x" * 4001}
    refused = await product.post("/nl/contact", data=long)
    assert refused.status_code == 422
    assert "4.000 tekens is het meest" in refused.text
    assert "x" * 4001 in refused.text
    assert (await product.post("/nl/contact", data=long | {"question": "x" * 4000})).is_redirect
    assert await Lead.all().count() == 1


async def test_known_and_unknown_addresses_get_the_same_page_in_the_same_time(
    product: Product,
) -> None:
    await product.subscribe(ASKER)
    for address in (ASKER, "stranger@example.org"):
        started = monotonic()
        assert await ask(product, email=address) == "/nl/contact?sent=1"
        assert monotonic() - started >= EvenAnswer.seconds
    await product.work()
    # Whoever is named in the form is mailed nothing.
    assert product.mails("stranger@example.org") == []
    assert [mail["Subject"] for mail in product.mails(ASKER)] == ["Wil je elke week een tip?"]


async def test_who_fills_in_the_trap_or_is_suppressed_leaves_nothing(product: Product) -> None:
    await ask(product, website="https://spam.example")
    assert await Lead.all().count() == 0
    await outbox.suppress(product.site, ASKER, "erased")
    assert await ask(product) == "/nl/contact?sent=1"
    for model in (Lead, Conversation, ConversationLine, Delivery, Event):
        assert await model.all().count() == 0, model
    foreign = {"sec-fetch-site": "cross-site"}
    form = {"email": "a@example.org", "question": QUESTION}
    assert (await product.post("/nl/contact", data=form, headers=foreign)).status_code == 403


async def test_every_message_is_kept_and_staff_is_mailed_once_in_a_quarter(
    product: Product, clock: Clock
) -> None:
    for minute in (-40, -35, -20):
        clock(minute * MINUTE)
        await ask(product, question=f"En dan nog iets, {minute}.")
    assert (await Conversation.get()).line_count == 3
    assert await ConversationLine.all().count() == 3
    assert await Delivery.filter(about__email=ASKER).count() == 2
    await ask(product, email="other@example.org")
    assert await Delivery.all().count() == 3


@pytest.mark.parametrize(
    ("hour", "told"),
    [
        ("2026-11-24 12:00", "Je krijgt vandaag nog antwoord, voor 23.00 uur."),
        ("2026-11-24 03:00", "Je krijgt vandaag nog antwoord, voor 9.00 uur."),
        ("2026-11-24 22:45", "Je krijgt antwoord op woensdag 25 november, voor 9.00 uur."),
        ("2026-12-24 23:30", "Je krijgt antwoord op zaterdag 26 december, voor 9.00 uur."),
    ],
)
async def test_the_page_says_by_when_there_is_an_answer(
    product: Product, clock: Clock, hour: str, told: str
) -> None:
    moment = days_until(hour, product)
    # A page that was kept an hour ago does not promise what is no longer true.
    clock(moment - 60 * MINUTE)
    await product.get("/nl/contact")
    clock(moment)
    for path in ("/nl/contact?sent=1", "/nl/contact"):
        assert told in (await product.get(path)).text, path
    await ask(product)
    promised = (await Conversation.get()).promised_at
    assert promised
    assert f"voor {promised.astimezone(product.settings.timezone):%-H.%M} uur" in told


def days_until(hour: str, product: Product) -> float:
    """How far to move the clock, so that it is this hour in the zone of the site."""
    there = datetime.strptime(hour, "%Y-%m-%d %H:%M").replace(tzinfo=product.settings.timezone)
    return (there - now()).total_seconds() / 86_400


async def test_who_found_nothing_asks_with_what_they_looked_for(product: Product) -> None:
    for place in ("faq", "search"):
        found = await product.get(f"/nl/{place}?q=zz%22%3E<b>")
        link = re.search(r'"(/nl/contact\?about=[^"]+)"', found.text)
        assert link, place
        page = await product.get(link[1])
        assert "Ik zocht ‘zz&#34;&gt;&lt;b&gt;’ en vond het niet." in page.text
    # Nobody else gets a page with what somebody looked for.
    assert "Ik zocht" not in (await product.get("/nl/contact")).text


async def test_an_open_question_keeps_an_address_that_nobody_confirmed(
    product: Product, clock: Clock
) -> None:
    clock(-9)
    await ask(product)
    await product.ask("gulle-gever", "reader@example.org")
    clock(0)
    await product.work()
    assert [lead.email for lead in await Lead.all()] == [ASKER]
