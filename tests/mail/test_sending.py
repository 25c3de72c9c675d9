"""Every mail is first a row; what the relay says decides what becomes of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP

from server.kit.clock import now
from server.leads.models import Lead
from server.mail import outbox, work, writing
from server.mail.claiming import LEASE
from server.mail.leases import take_back_leases
from server.mail.letters import Letter
from server.mail.models import BULK, Delivery, Message, Suppression
from server.mail.sending import Sender
from tests.product import MINUTE, Product
from tests.support.processes import free_port
from tests.support.smtp import BREAK, SmtpServer

Clock = Callable[[float], None]
READER = "joost@example.org"


@pytest.fixture
def environ(environ: dict[str, str], smtp_server: SmtpServer) -> dict[str, str]:
    sender = "Bureau Brugman <marit@brugman.example.org>"
    own = {"GIVEFIRST_SMTP_URL": smtp_server.url, "GIVEFIRST_SENDER": sender}
    return environ | own | {"GIVEFIRST_BOUNCE_ADDRESS": "bounce+{token}@brugman.example.org"}


async def state() -> str:
    return (await Delivery.get()).state


async def test_it_arrives_with_its_envelope_and_headers(
    product: Product, smtp_server: SmtpServer
) -> None:
    await product.ask("gulle-gever", READER, name="Joost")
    await product.work()
    (mail,) = smtp_server.messages
    delivery = await Delivery.get()
    assert mail.recipients == (READER,)
    token = product.site.token("bounce", delivery.id)
    assert mail.sender == f"bounce+{token}@brugman.example.org"
    assert mail.message["From"] == "Bureau Brugman <marit@brugman.example.org>"
    assert mail.message["To"] == f"Joost <{READER}>"
    assert mail.message["Message-ID"] == delivery.mail_id
    assert (delivery.state, delivery.error) == ("sent", "")
    assert not (product.settings.data / "mail").exists()


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_passing_fault_is_tried_again_under_the_same_message_id(
    product: Product, smtp_server: SmtpServer, clock: Clock, step: str
) -> None:
    smtp_server.answer(step, "*", "451 4.3.0 try later", times=1)  # type: ignore[arg-type]
    await product.ask("gulle-gever", READER)
    await product.work()
    delivery = await Delivery.get()
    assert delivery.state == "retry"
    assert 4 <= (delivery.next_try_at - now()).total_seconds() / 60 <= 6
    assert "451" in delivery.error
    clock(7 * MINUTE)
    await product.work()
    assert await state() == "sent"
    assert smtp_server.messages[0].message["Message-ID"] == delivery.mail_id


async def test_a_relay_that_never_answers_well_ends_in_a_visible_state(
    product: Product, smtp_server: SmtpServer, clock: Clock
) -> None:
    smtp_server.answer("RCPT", READER, "450 4.2.0 greylisted")
    await product.ask("gulle-gever", READER)
    for hour in range(0, 30, 2):
        clock(hour / 24)
        await product.work()
    delivery = await Delivery.get()
    assert delivery.state == "expired"
    assert delivery.attempts >= 5


async def test_a_mailbox_that_does_not_exist_gets_nothing_more(
    product: Product, smtp_server: SmtpServer, clock: Clock
) -> None:
    smtp_server.answer("RCPT", READER, "550 5.1.1 no such user")
    clock(-1)
    await product.ask("gulle-gever", READER)
    await product.work()
    assert await state() == "failed"
    assert await Suppression.all().count() == 1
    assert READER not in str(await Suppression.all().values())
    smtp_server.forgive()
    clock(0)
    await product.ask("gulle-gever", READER)
    await product.work()
    assert smtp_server.messages == []


async def test_another_refusal_does_not_block_the_address(
    product: Product, smtp_server: SmtpServer
) -> None:
    smtp_server.answer("DATA", READER, "554 5.7.1 looks like spam")
    await product.ask("gulle-gever", READER)
    await product.work()
    assert await state() == "failed"
    assert await Suppression.all().count() == 0


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_connection_that_breaks_loses_nothing(
    product: Product, smtp_server: SmtpServer, clock: Clock, step: str
) -> None:
    smtp_server.answer(step, "*", BREAK, times=1)  # type: ignore[arg-type]
    await product.ask("gulle-gever", READER)
    await product.work()
    assert await state() == "retry"
    clock(7 * MINUTE)
    await product.work()
    assert await state() == "sent"
    ids = {mail.message["Message-ID"] for mail in smtp_server.sent_to(READER)}
    assert len(ids) == 1


async def test_one_bad_reader_does_not_hold_up_the_others(
    product: Product, smtp_server: SmtpServer
) -> None:
    smtp_server.answer("RCPT", "r3@example.org", "550 5.2.2 full")
    smtp_server.answer("DATA", "r5@example.org", BREAK)
    for n in range(8):
        await product.ask("gulle-gever", f"r{n}@example.org")
    await product.work()
    states = {
        one.lead.email[:2]: one.state for one in await Delivery.all().prefetch_related("lead")
    }
    assert states.pop("r3") == "failed"
    assert states.pop("r5") == "retry"
    assert set(states.values()) == {"sent"}


async def test_no_relay_at_all_is_tried_again(
    product: Product, smtp_server: SmtpServer, environ: dict[str, str]
) -> None:
    gone = product.settings.__class__(
        **{**product.settings.__dict__, "smtp_url": f"smtp://127.0.0.1:{free_port()}"}
    )
    await product.ask("gulle-gever", READER)
    assert await Sender(gone, product.site).send_batch() == 1
    assert await state() == "retry"
    assert "connect" in (await Delivery.get()).error


async def test_a_relay_that_must_have_tls_and_has_none_gets_no_password(
    product: Product, smtp_server: SmtpServer
) -> None:
    url = f"smtp://user:secret@127.0.0.1:{smtp_server.port}?tls=required"
    strict = product.settings.__class__(**{**product.settings.__dict__, "smtp_url": url})
    await product.ask("gulle-gever", READER)
    await Sender(strict, product.site).send_batch()
    assert await state() == "retry"
    assert "secret" not in (await Delivery.get()).error
    assert smtp_server.messages == []


async def test_lmtp_is_spoken_where_it_is_asked_for(product: Product) -> None:
    class Box(Controller):
        def factory(self) -> LMTP:
            return LMTP(self.handler)

    taken: list[str] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
            taken.extend(envelope.rcpt_tos)  # type: ignore[attr-defined]
            return "250 OK"

    box = Box(Handler(), hostname="127.0.0.1", port=free_port())
    box.start()
    try:
        url = f"lmtp://127.0.0.1:{box.port}"
        local = product.settings.__class__(**{**product.settings.__dict__, "smtp_url": url})
        await product.ask("gulle-gever", READER)
        await Sender(local, product.site).send_batch()
    finally:
        box.stop()
    assert await state() == "sent", (await Delivery.get()).error
    assert taken == [READER]


async def test_a_slot_without_a_value_is_parked_after_three_tries_and_the_rest_goes_on(
    product: Product, smtp_server: SmtpServer
) -> None:
    await product.ask("gulle-gever", READER)
    await Delivery.all().update(values={"greeting": "Hallo,"})
    await product.ask("gulle-gever", "other@example.org")
    await product.work()
    broken = await Delivery.get(lead__email=READER)
    assert broken.state == "parked"
    assert broken.attempts == 3
    assert [mail.recipients for mail in smtp_server.messages] == [("other@example.org",)]


async def test_many_workers_at_once_send_each_mail_once(
    product: Product, smtp_server: SmtpServer
) -> None:
    for n in range(40):
        await product.ask("gulle-gever", f"r{n}@example.org")
    workers = [Sender(product.settings, product.site) for _ in range(6)]
    await asyncio.gather(*(worker.send_batch() for worker in workers))
    await product.work()
    recipients = [mail.recipients[0] for mail in smtp_server.messages]
    assert len(recipients) == len(set(recipients)) == 40


async def test_a_rate_holds_for_all_workers_together(
    product: Product, smtp_server: SmtpServer, clock: Clock
) -> None:
    slow = product.settings.__class__(**{**product.settings.__dict__, "mail_rate": 10.0})
    for n in range(25):
        await product.ask("gulle-gever", f"r{n}@example.org")
    for second, most in ((0, 10), (1, 20), (2, 30)):
        clock(second / 86400)
        workers = [Sender(slow, product.site).send_batch() for _ in range(4)]
        await asyncio.gather(*workers)
        assert most - 10 < len(smtp_server.messages) <= most + 5
    assert len(smtp_server.messages) == 25


async def test_many_mails_go_over_several_connections(
    product: Product, smtp_server: SmtpServer
) -> None:
    for n in range(30):
        await product.ask("gulle-gever", f"r{n}@example.org")
    await product.work()
    assert len(smtp_server.messages) == 30
    assert {one.state for one in await Delivery.all()} == {"sent"}


async def test_a_result_that_comes_after_the_lease_was_lost_changes_nothing(
    product: Product,
) -> None:
    await product.ask("gulle-gever", READER)
    delivery = await Delivery.get()
    await Delivery.all().update(state="leased", lease_token="another")
    assert not await delivery.settle("sent", "mine")
    assert await state() == "leased"


async def bulk(at: float = 0, **fields: object) -> Delivery:
    lead = await Lead.meet(READER, "nl", "test")
    message = await Message.create(
        key="k", kind="tip", language="nl", subject="s", html="h", text="t", list="tips",
        is_ask=False, created_at=now(),
    )  # fmt: skip
    values = {"lane": BULK, "next_try_at": now(), "not_after": now() + timedelta(hours=6)}
    shared = {"message": message, "lead": lead, "key": "issue:x:1", "mail_id": "<1@x>"}
    return await Delivery.create(**{**shared, **values, "created_at": now(), **fields})


async def test_what_a_dead_worker_held_is_taken_back_by_its_class(product: Product) -> None:
    past = now() - LEASE
    await product.ask("gulle-gever", READER)
    await Delivery.all().update(state="sending", lease_token="dead", leased_until=past)
    tip = await bulk(state="sending", lease_token="dead", leased_until=past)
    await take_back_leases()
    assert {one.lane: one.state for one in await Delivery.all()} == {0: "retry", BULK: "retry"}
    again = {"state": "sending", "lease_token": "dead", "leased_until": past}
    await Delivery.filter(id=tip.id).update(**again)
    await take_back_leases()
    assert (await Delivery.get(id=tip.id)).state == "uncertain"


async def test_a_lease_that_is_alive_is_left_alone(product: Product) -> None:
    await product.ask("gulle-gever", READER)
    ahead = now() + LEASE
    await Delivery.all().update(state="leased", lease_token="alive", leased_until=ahead)
    assert await take_back_leases() == 0
    assert await take_back_leases(alone=True) == 1
    assert await state() == "queued"


async def test_a_late_newsletter_is_held_for_a_person(product: Product, clock: Clock) -> None:
    await bulk()
    clock(1)
    await product.work()
    assert await state() == "held"


async def test_a_text_that_asks_is_refused_inside_the_window(product: Product) -> None:
    lead = await Lead.meet(READER, "nl", "test")
    await lead.keep_quiet(3)
    asking = await Message.create(
        key="ask", kind="offer", language="nl", subject="s", html="h", text="t", is_ask=True,
        created_at=now(),
    )  # fmt: skip
    with pytest.raises(outbox.AskRefusedError, match="left in peace"):
        await outbox.post(product.site, outbox.Posting(asking, "offer:1", {}, lead))
    assert await Delivery.all().count() == 0


async def test_a_blocked_address_gets_nothing(product: Product, smtp_server: SmtpServer) -> None:
    await product.ask("gulle-gever", READER)
    await outbox.suppress(product.site, READER, "blocked")
    await product.work()
    assert await state() == "suppressed"
    assert smtp_server.messages == []


async def test_every_mail_has_its_own_text_however_few_are_kept_at_hand(
    product: Product, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST", 1)
    monkeypatch.setattr(work, "BATCH", 12)
    lead = await Lead.meet(READER, "nl", "test")
    for n in range(40):
        letter = Letter(f"Antwoord {n}", "<p>{{ me }} {{ way_out }}</p>", "{{ me }} {{ way_out }}")
        message = await outbox.keep_message("answer", "nl", letter)
        assert await outbox.post(product.site, outbox.Posting(message, f"answer:{n}", {}, lead))
    sender = Sender(product.settings, product.site)
    assert await sender.drain(0) == 40, "none is tried a second time"
    assert {mail.message["Subject"] for mail in smtp_server.messages} == {
        f"Antwoord {n}" for n in range(40)
    }
