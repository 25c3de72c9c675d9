"""What each kind of gift does after its button, and what becomes due of it."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.gifts.models import Gift, LedgerLine, Parcel, TrialTerm, Voucher
from server.kit.clock import now
from server.leads.models import Lead
from server.mail.models import Delivery
from server.tracking.models import Event
from tests.product import Product, body_of
from tests.support.content import change, copied, with_gate

Clock = Callable[[float], None]
READER = "joost@example.org"
EVENING, EPISODE = "eerste-vijf-minuten", "vraag-na-de-vraag"
WEEK, CARDS = "proefweek-gesprekstrainer", "kaartenset-doorvragen"
FIRST = "meekijken-met-een-gesprek"
HOME = {"name": "Joost", "street": "Kade 12", "postcode": "1234ab", "town": "Deventer"}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture
def environ(environ: dict[str, str], content: Path) -> dict[str, str]:
    return environ | {"GIVEFIRST_CONTENT": str(content)}


def in_days(product: Product, content: Path, days: float) -> datetime:
    """Put the evening so many days from now, on the clock of the site."""
    begins = (now() + timedelta(days=days)).astimezone(product.settings.timezone)
    begins = begins.replace(second=0, microsecond=0)
    for language in ("nl", "en"):
        file = f"library/{EVENING}/index.{language}.md"
        change(content, file, "starts: 2027-02-11 20:00", f"starts: {begins:%Y-%m-%d %H:%M}")
    return begins


def looks_again(product: Product) -> None:
    product.state.library._shelf._looked_at = 0.0


async def mailed(product: Product, words: str) -> list[str]:
    await product.work()
    return [str(m["Subject"]) for m in product.mails(READER) if words in str(m["Subject"])]


@pytest.mark.parametrize(
    ("slug", "button", "after"),
    [
        (EVENING, "houd een plaats voor mij vrij", "video.example.org"),
        (EPISODE, "geef mij de aflevering", "<audio controls"),
        (WEEK, "Start nu", "trainer.example.org"),
        (CARDS, "stuur het mij", "Waar mag het heen?"),
        (FIRST, "geef mij de code", 'class="voucher"'),
    ],
)
async def test_g1_each_kind_has_a_mail_a_button_and_a_page_of_its_own(
    product: Product, content: Path, slug: str, button: str, after: str
) -> None:
    with_gate(content, slug, "email")
    in_days(product, content, 30)
    assert (await product.ask(slug, READER)).status_code == 303
    path = await product.link(READER, "/gift/")
    mail = body_of(product.mails(READER)[-1])
    assert "PDF" not in mail
    assert "{{" not in mail
    before = (await product.get(path)).text
    assert button in before
    assert after not in before
    assert (await product.post(path)).status_code == 303
    page = (await product.get(path)).text
    assert after in page
    assert "Al gelezen" not in page
    for rest in ("/read", f"/{slug}.pdf", f"/{slug}.epub"):
        assert (await product.get(path + rest)).status_code == 404
    line = await LedgerLine.get()
    kind = "trial.started" if slug == WEEK else "gift.taken"
    event = await Event.get(dedup_key=line.key)
    assert (event.kind, line.asset_slug) == (kind, slug)


async def test_g1_who_was_given_an_episode_hears_it_through_the_link(
    product: Product, content: Path
) -> None:
    with_gate(content, EPISODE, "email")
    name = "aflevering-1.nl.mp3"
    assert (await product.get(f"/nl/library/{EPISODE}/sound/{name}")).status_code == 404
    path = await product.gift(EPISODE, READER)
    page = (await product.get(path)).text
    assert f'href="{path}/sound/{name}#t=28"' in page
    assert "Schrijf maandag na elk gesprek" in page
    assert (await product.get(f"{path}/sound/{name}")).headers["content-type"] == "audio/mpeg"
    assert (await Event.get(kind="gift.downloaded")).detail == "mp3"
    assert (await product.get(f"{path}/sound/index.nl.md")).status_code == 404


async def test_g1_the_calendar_file_is_right_and_follows_another_date(
    product: Product, content: Path
) -> None:
    begins = in_days(product, content, 20)
    path = await product.gift(EVENING, READER)
    answer = await product.get(f"{path}/{EVENING}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    text = answer.content.replace(b"\r\n ", b"").decode()
    start, end = (at.astimezone(UTC) for at in (begins, begins + timedelta(hours=1)))
    stamp = "%Y%m%dT%H%M%SZ"
    assert f"DTSTART:{start:{stamp}}\r\nDTEND:{end:{stamp}}" in text
    assert "een gesprek\\, met oefenen\\n\\nMeedoen: https://video.example.org/" in text
    change(content, f"library/{EVENING}/index.nl.md", "starts: 20", "starts: 2099-05-01 20:00 #")
    looks_again(product)
    moved = (await product.get(f"{path}/{EVENING}.ics")).content.replace(b"\r\n ", b"").decode()

    def value(name: str, of: str) -> str:
        return re.search(rf"\r\n{name}:(\S+)", of)[1]  # type: ignore[index]

    assert value("UID", moved) == value("UID", text)
    assert value("DTSTART", moved) == "20990501T180000Z"
    assert int(value("SEQUENCE", moved)) >= int(value("SEQUENCE", text))
    assert (await product.get(f"{path}/{WEEK}.ics")).status_code == 404


async def test_g9_of_a_hundred_at_once_exactly_as_many_get_a_seat_as_there_are(
    product: Product, content: Path
) -> None:
    in_days(product, content, 30)
    change(content, f"library/{EVENING}/index.nl.md", "seats: 40", "seats: 7")
    paths = []
    for n in range(100):
        lead = await Lead.meet(f"joost@firm{n}.example.org", "nl", "test")
        gift = await Gift.create(
            lead=lead,
            asset_slug=EVENING,
            language="nl",
            requested_at=now(),
            expires_at=now() + timedelta(days=9),
        )
        paths.append(f"/gift/{product.site.token('gift', gift.id)}")
    answers = await asyncio.gather(*(product.post(path) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200] * 93 + [303] * 7
    full = next(answer for answer in answers if answer.status_code == 200)
    assert "Deze is op" in full.text
    assert "/nl/library/geven-werkt" in full.text
    assert await Gift.filter(confirmed_at__isnull=False).count() == 7
    page = (await product.get(f"/nl/library/{EVENING}")).text
    assert "Deze is op" in page
    assert "Vraag een plaats" not in page


async def test_g1_the_day_before_a_webinar_brings_one_mail(
    product: Product, content: Path, clock: Clock
) -> None:
    in_days(product, content, 10)
    await product.gift(EVENING, READER)
    clock(8.9)
    assert len(await mailed(product, " om ")) == 0
    clock(9.2)
    assert len(await mailed(product, " om ")) == 1
    clock(9.4)
    assert len(await mailed(product, " om ")) == 1
    clock(10.2)
    assert len(await mailed(product, " om ")) == 1


async def test_g1_after_a_webinar_its_recording_is_there_for_all(
    product: Product, content: Path, clock: Clock
) -> None:
    in_days(product, content, 2)
    path = await product.gift(EVENING, READER)
    assert "Hoe vond je het" not in (await product.get(path)).text
    clock(2.2)
    page = (await product.get(path)).text
    assert "Dit is geweest" in page
    assert "video.example.org" not in page
    assert "Hoe vond je het" in page
    seen = "https://video.example.org/opname"
    change(content, f"library/{EVENING}/index.nl.md", "seats: 40", f"seats: 40\nreplay: {seen}")
    looks_again(product)
    assert seen in (await product.get(path)).text
    landing = (await product.get(f"/nl/library/{EVENING}")).text
    assert seen in landing
    assert "Vraag een plaats" not in landing


async def test_g13_a_trial_starts_at_the_button_reminds_once_and_ends_by_itself(
    product: Product, clock: Clock
) -> None:
    path = await product.gift(WEEK, READER)
    term = await TrialTerm.get()
    assert term.ends_at - term.starts_at == timedelta(days=7)
    assert ((await Event.get(kind="trial.started")).value, (await LedgerLine.get()).value) == (
        7,
        29,
    )
    assert "Stopt vanzelf" in (await product.get(path)).text
    clock(5.5)
    assert await mailed(product, "nog tot") == []
    clock(5.7)
    for _ in range(2):
        assert len(await mailed(product, "nog tot")) == 1
    assert await mailed(product, "hoe ging het") == []
    clock(7.1)
    for _ in range(2):
        assert len(await mailed(product, "hoe ging het")) == 1
    text = body_of(product.mails(READER)[-1])
    assert "Er is niets afgeschreven" in text
    first = re.search(r"https?://[^/\s]+(/gift/\S+)", text)
    assert first
    assert first[1] == f"{path}/liked"
    assert "Vanzelf gestopt" in (await product.get(path)).text
    assert (await product.post(first[1], data={"liked": "4"})).status_code == 303


async def test_g13_a_worker_that_was_down_tells_of_the_end_late_and_reminds_no_more(
    product: Product, clock: Clock
) -> None:
    await product.gift(WEEK, READER)
    clock(9)
    assert len(await mailed(product, "hoe ging het")) == 1
    assert await Delivery.filter(key__startswith="trial_reminder").count() == 0
    assert (await TrialTerm.get()).reminded_at is None


async def test_g13_a_change_of_the_term_leaves_a_trial_that_runs_as_it_was(
    product: Product, content: Path, clock: Clock
) -> None:
    await product.gift(WEEK, READER)
    change(content, f"library/{WEEK}/index.nl.md", "lasts: 7d", "lasts: 72h")
    looks_again(product)
    clock(4)
    assert await mailed(product, "hoe ging het") == []
    await product.gift(WEEK, "nora@example.com")
    (_, second) = await TrialTerm.all().order_by("id")
    assert second.ends_at - second.starts_at == timedelta(hours=72)


async def test_g1_a_sample_asks_where_it_goes_and_says_what_is_wrong(product: Product) -> None:
    path = await product.gift(CARDS, READER)
    for wrong, words in (
        ({"street": ""}, "anders komt het pakje niet aan"),
        ({"postcode": "12 AB"}, "geen postcode van dat land"),
        ({"town": "x" * 121}, "past niet op een etiket"),
        ({"country": "DE"}, "Naar dit land sturen we niet"),
    ):
        answer = await product.post(f"{path}/address", data=HOME | {"country": "NL"} | wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="Joost"' in answer.text
    assert await Parcel.all().count() == 0
    form = HOME | {"country": "NL"}
    at_once = await asyncio.gather(*(product.post(f"{path}/address", data=form) for _ in range(4)))
    assert {answer.status_code for answer in at_once} == {303}
    assert (await Parcel.get()).postcode == "1234 AB"
    assert "Je adres is er sinds" in (await product.get(path)).text
    await product.post(f"{path}/address", data=form | {"street": "Brink 3"})
    assert (await Parcel.get()).street == "Brink 3"


async def test_g1_each_first_time_has_a_code_of_its_own_that_can_be_read_out(
    product: Product,
) -> None:
    for n in range(3):
        path = await product.gift(FIRST, f"joost@firm{n}.example.org")
    codes = [voucher.code for voucher in await Voucher.all()]
    assert len(set(codes)) == 3
    for code in codes:
        assert re.fullmatch(r"[ACDEFHJKMNPRTWXY34679]{4}-[ACDEFHJKMNPRTWXY34679]{4}", code)
    assert codes[-1] in (await product.get(path)).text
