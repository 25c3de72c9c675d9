"""A colleague erases on request; the person says yes or no to being followed on their own page."""

from collections.abc import Callable

from server.leads.consents import chain_holds
from server.leads.models import Consent, Lead
from server.mail.models import Suppression
from server.staff.models import AuditEntry
from tests.desk.test_outcomes import word
from tests.privacy.test_own_page import READER, furnish
from tests.product import Product

Clock = Callable[[float], None]


async def test_a_colleague_erases_on_request(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    lead = await Lead.get(email=READER)
    desk = await product.log_in("admin")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    form = {"csrf": word(card)}
    unsure = await desk.post(f"/desk/leads/{lead.id}/erase", data=form)
    assert "Er is niets gewist" in (await desk.get(unsure.headers["location"])).text
    done = await desk.post(f"/desk/leads/{lead.id}/erase", data={**form, "sure": "yes"})
    page = (await desk.get(done.headers["location"])).text
    assert "De lead is gewist" in page
    assert READER not in page
    assert await Lead.all().count() == 0
    assert (await Suppression.get()).reason == "erased"
    entry = await AuditEntry.get(action="lead.erased").prefetch_related()
    assert entry.staff_id is not None
    assert "Lead gewist" in (await desk.get("/desk/audit")).text
    assert (await product.get(path)).status_code == 404
    for again in (f"/desk/leads/{lead.id}/erase", f"/desk/leads/{2**40}/erase"):
        assert (await desk.post(again, data={**form, "sure": "yes"})).status_code == 404


async def test_who_may_not_erase_is_not_offered_it(product: Product, clock: Clock) -> None:
    await furnish(product, clock)
    lead = await Lead.get(email=READER)
    desk = await product.log_in("sales")
    card = (await desk.get(f"/desk/leads/{lead.id}")).text
    assert "Wis alles" not in card
    form = {"csrf": word(card), "sure": "yes"}
    assert (await desk.post(f"/desk/leads/{lead.id}/erase", data=form)).status_code == 403
    assert await Lead.all().count() == 1


async def test_following_is_asked_unticked_and_taken_back_in_one_press(
    product: Product, clock: Clock
) -> None:
    path = await furnish(product, clock)
    page = (await product.get(path)).text
    assert 'name="following" value="yes">' in page
    unticked = await product.post(path, data={"do": "following"})
    assert unticked.status_code == 422
    assert "vink eerst het vakje aan" in unticked.text
    for _ in range(2):
        yes = await product.post(path, data={"do": "following", "following": "yes"})
        assert yes.status_code == 303
    lead = await Lead.get(email=READER)
    assert lead.mail_tracking_at is not None
    receipt = await Consent.get(purpose="mail-tracking")
    page = (await product.get(yes.headers["location"].partition("#")[0])).text
    assert receipt.wording in page
    assert receipt.page == "/me"
    for _ in range(2):
        assert (await product.post(path, data={"do": "stop"})).status_code == 303
    assert (await Lead.get(email=READER)).mail_tracking_at is None
    assert await Consent.filter(purpose="mail-tracking").count() == 2
    assert await chain_holds(lead)


async def test_a_browser_that_says_no_is_not_asked(product: Product, clock: Clock) -> None:
    path = await furnish(product, clock)
    no = {"dnt": "1"}
    assert 'name="following"' not in (await product.get(path, headers=no)).text
    answer = await product.post(path, data={"do": "following", "following": "yes"}, headers=no)
    assert answer.status_code == 422
    assert (await Lead.get(email=READER)).mail_tracking_at is None
