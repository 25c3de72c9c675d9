"""The list of all leads: filters as links, orders, views, several at once, one firm together."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from httpx2 import AsyncClient

from server.leads.models import Lead, company_key
from server.readiness.models import Score
from server.sales.finding import PAGE
from server.sales.models import FollowUp, SavedView
from server.staff.models import StaffUser
from tests.desk.test_outcomes import word
from tests.product import Product

FIRM = "Lindeborg Zorggroep"


async def people(product: Product) -> dict[str, Lead]:
    """An liked a gift, Bo only took one, Cor is a colleague of An, Dirk did no more than ask."""
    liked = await product.gift("gulle-gever", "an@lindeborg.example.org", name="An")
    await product.read(liked, 1)
    await product.post(f"{liked}/liked", data={"liked": "4"})
    await product.gift("service-als-cadeau", "bo@example.org", name="Bo")
    await product.gift("gulle-gever", "cor@lindeborg.example.org", name="Cor")
    await product.ask("gulle-gever", "dirk@example.org", name="Dirk")
    await Lead.filter(name="An").update(company=FIRM, company_key=company_key(FIRM))
    await product.work()
    return {lead.name: lead for lead in await Lead.all()}


async def names(desk: AsyncClient, query: str) -> list[str]:
    page = (await desk.get(f"/desk/leads{query}")).text
    return re.findall(r'<th scope="row"><a href="/desk/leads/\d+\?in=leads[^"]*">([^<]+)</a>', page)


async def test_every_filter_is_a_link_that_leaves_out_the_others(product: Product) -> None:
    found = await people(product)
    desk = await product.log_in("sales")
    mine = await StaffUser.get(email="sales@staff.example.org")
    await FollowUp.create(lead=found["Bo"], owner=mine)
    assert await names(desk, "") == ["Dirk", "Cor", "Bo", "An"]
    assert await names(desk, "?balance=liked") == ["An"]
    assert await names(desk, "?balance=none") == ["Dirk"]
    assert await names(desk, "?theme=service") == ["Bo"]
    assert await names(desk, f"?owner={mine.id}") == ["Bo"]
    assert sorted(await names(desk, "?owner=none")) == ["An", "Cor", "Dirk"]
    assert sorted(await names(desk, "?window=open")) == ["An", "Bo", "Cor"]
    assert await names(desk, "?q=lindeborg&balance=liked") == ["An"]
    assert await names(desk, "?state=customer") == []
    assert (await names(desk, "?sort=returned"))[0] == "An"
    first = await Score.all().order_by("-points").first().prefetch_related("lead")
    assert first
    assert (await names(desk, "?sort=ready"))[0] == first.lead.name


@pytest.mark.parametrize(
    "query",
    ["?state=x", "?owner=x", "?sort=l.id;--", "?firm=99999", "?firm=x", "?after=%00", "?theme=%27"],
)
async def test_a_strange_filter_is_no_error(product: Product, query: str) -> None:
    await people(product)
    desk = await product.log_in("sales")
    assert (await desk.get(f"/desk/leads{query}")).status_code == 200


@pytest.mark.parametrize("order", ["recent", "ready", "returned"])
async def test_pages_show_everybody_once_in_each_order(product: Product, order: str) -> None:
    await people(product)
    for n in range(PAGE + 20):
        lead = await Lead.meet(f"r{n}@example.org", "nl", "import")
        await Lead.filter(id=lead.id).update(name=f"R{n:03}", event_count=1)
    await product.work()
    desk = await product.log_in("sales")
    seen: list[str] = []
    query = f"?sort={order}"
    for _ in range(4):
        page = (await desk.get(f"/desk/leads{query}")).text
        seen += re.findall(
            r'<th scope="row"><a href="/desk/leads/\d+\?in=leads[^"]*">([^<]+)</a>', page
        )
        more = re.search(r'rel="next" href="/desk/leads(\?[^"]+)"', page)
        if not more:
            break
        query = more[1].replace("&amp;", "&")
    assert len(seen) == PAGE + 24
    assert len(set(seen)) == len(seen)


async def test_views_tell_how_many_and_a_view_of_my_own_is_kept(product: Product) -> None:
    await people(product)
    desk = await product.log_in("sales")
    page = (await desk.get("/desk/leads?theme=service&sort=ready")).text
    assert re.search(r'Gegeven, beviel, nog niet gevraagd <span class="count">1<', page)
    form = {"csrf": word(page), "query": "theme=service&sort=ready&x=1", "name": " Service  eerst "}
    answer = await desk.post("/desk/views", data=form)
    kept = await SavedView.get()
    assert (kept.name, kept.query) == ("Service eerst", "theme=service&sort=ready")
    page = (await desk.get(answer.headers["location"])).text
    assert "De weergave is bewaard" in page
    assert "Service eerst" in page
    assert "Service eerst" not in (await (await product.log_in("admin")).get("/desk/leads")).text
    no_name = await desk.post("/desk/views", data={**form, "name": " "})
    assert "heeft een naam nodig" in (await desk.get(no_name.headers["location"])).text
    await desk.post(f"/desk/views/{kept.id}", data={"csrf": word(page)})
    assert await SavedView.all().count() == 0


async def test_a_view_of_another_is_not_mine_to_forget(product: Product) -> None:
    desk, other = await product.log_in("sales"), await product.log_in("admin")
    page = (await desk.get("/desk/leads")).text
    await desk.post("/desk/views", data={"csrf": word(page), "query": "state=new", "name": "N"})
    theirs = (await other.get("/desk/leads")).text
    await other.post(f"/desk/views/{(await SavedView.get()).id}", data={"csrf": word(theirs)})
    assert await SavedView.all().count() == 1


async def test_several_are_assigned_and_let_rest_at_once(product: Product) -> None:
    found = await people(product)
    desk = await product.log_in("sales")
    mine = await StaffUser.get(email="sales@staff.example.org")
    page = (await desk.get("/desk/leads")).text
    picked = [str(found[name].id) for name in ("An", "Bo")]
    form = {"csrf": word(page), "pick": [*picked, "999999", "x"], "owner": str(mine.id)}
    answer = await desk.post("/desk/leads/together", data={**form, "do": "owner"})
    assert "Gedaan voor 2 leads" in (await desk.get(answer.headers["location"])).text
    assert sorted(await names(desk, f"?owner={mine.id}")) == ["An", "Bo"]
    await desk.post("/desk/leads/together", data={**form, "do": "snooze", "days": "30"})
    assert await FollowUp.filter(snoozed_until__isnull=False).count() == 2
    nobody = await desk.post("/desk/leads/together", data={"csrf": word(page), "do": "owner"})
    assert "Er was niemand gekozen" in (await desk.get(nobody.headers["location"])).text
    wrong = await desk.post("/desk/leads/together", data={**form, "do": "owner", "owner": "4711"})
    assert wrong.status_code == 404


async def test_the_people_of_one_firm_stand_together(product: Product) -> None:
    found = await people(product)
    desk = await product.log_in("sales")
    page = (await desk.get(f"/desk/leads?firm={found['Cor'].id}")).text
    assert FIRM in page
    assert "2 mensen van deze firma; samen 2 gegeven, 1 terug" in page
    assert sorted(await names(desk, f"?firm={found['Cor'].id}")) == ["An", "Cor"]
    card = (await desk.get(f"/desk/leads/{found['An'].id}")).text
    assert f'<h2 id="firm">{FIRM}</h2>' in card
    assert "Cor" in card
    # Two people with mailboxes that are free for all are no firm.
    free = await Lead.meet("eva@gmail.com", "nl", "x")
    await Lead.meet("fay@gmail.com", "nl", "x")
    assert len(await names(desk, f"?firm={free.id}")) == 1


async def test_what_is_looked_for_is_text_and_nothing_else(product: Product) -> None:
    await people(product)
    desk = await product.log_in("sales")
    for query in ("%", "_", "'; DROP TABLE lead; --", "!"):
        assert await names(desk, f"?q={quote(query)}") == []
    assert await Lead.all().count() == 4


async def test_from_card_to_card_in_the_order_of_the_list(product: Product) -> None:
    found = await people(product)
    desk = await product.log_in("sales")

    async def walk(start: str, rel: str) -> list[str]:
        """The names met by following a link from card to card, at most ten."""
        met, address = [], start
        for _ in range(10):
            page = (await desk.get(address)).text
            met.append(re.findall("<h1>([^<]+)</h1>", page)[0])
            link = re.search(f'rel="{rel}" href="([^"]+)"', page)
            if not link:
                break
            address = unescape(link[1])
        return met

    for query in ("", "?sort=returned", "?sort=ready", "?window=open", "?q=lindeborg"):
        order = await names(desk, query)
        first, last = found[order[0]].id, found[order[-1]].id
        more = f"?in=leads&{query[1:]}".rstrip("&")
        assert await walk(f"/desk/leads/{first}{more}", "next") == order
        assert await walk(f"/desk/leads/{last}{more}", "prev") == order[::-1]
    # Who no longer is in the list still has a place there.
    assert (await walk(f"/desk/leads/{found['Dirk'].id}?in=leads&balance=liked", "next")) == [
        "Dirk",
        "An",
    ]
    alone = (await desk.get(f"/desk/leads/{found['An'].id}")).text
    assert 'rel="next"' not in alone
    for number, rest in ((found["An"].id, ""), (found["Dirk"].id, "next")):
        page = (await desk.get(f"/desk/leads/{number}?in=today")).text
        assert re.findall(r'<nav class="crumb"[^>]*><a href="([^"]+)">', page) == ["/desk/"]
        assert ('rel="next"' in page) == bool(rest and (await names(desk, "?state=ready")))
