"""Kinds of gift beside the books: what a file must say, the catalogue, and what all may hear."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from server.kit.content import ContentError
from server.library.assets import read_asset
from server.library.kinds import Trial
from tests.product import Product
from tests.support import machine
from tests.support.content import copied
from tests.support.machine import REPOSITORY

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EVENING, EPISODE = "eerste-vijf-minuten", "vraag-na-de-vraag"
WEEK, CARDS = "proefweek-gesprekstrainer", "kaartenset-doorvragen"
FIRST = "meekijken-met-een-gesprek"
EVERY = (EVENING, EPISODE, WEEK, CARDS, FIRST)


@pytest.mark.parametrize(
    ("slug", "old", "new", "key", "words"),
    [
        (EVENING, "starts: 2027-02-11 20:00", "start: x", "", "‘starts’ ontbreekt"),
        (EVENING, "2027-02-11 20:00", "2027-02-11", "starts", "geen dag met een tijd"),
        (EVENING, "20:00", "20:00:00+01:00", "starts", "zonder tijdzone"),
        (EVENING, "length: 60", "length: lang", "length", "bijvoorbeeld 60"),
        (EVENING, "seats: 40", "seats: 0", "seats", "vanaf 1"),
        (EVENING, "join: https", "join: javascript", "join", "schrijf het voluit"),
        (EVENING, "gate: email", "gate: open", "gate", "alleen email"),
        (EPISODE, "audio: aflevering-1.nl.mp3", "audio: weg.mp3", "audio", "hooguit 60 MB"),
        (EPISODE, "audio: aflevering", "audio: ../x/aflevering", "audio", "naast de tekst"),
        (EPISODE, 'at: "01:01"', 'at: "09:01"', "marks", "binnen de lengte"),
        (EPISODE, 'at: "01:01"', "at: straks", "marks", "minuten en seconden"),
        (WEEK, "lasts: 7d", "lasts: een week", "lasts", "72h of 14d"),
        (WEEK, "lasts: 7d", "lasts: 900d", "lasts", "hooguit een jaar"),
        (WEEK, "opens: ", "open: ", "", "‘opens’ ontbreekt"),
        (CARDS, "total: 50, ", "", "limits", "op voorraad"),
        (CARDS, "countries: [NL, BE]", "countries: [Mars]", "countries", "NL, BE, LU"),
    ],
)
def test_g1_what_is_missing_or_impossible_is_named_with_line_and_remedy(
    tmp_path: Path, slug: str, old: str, new: str, key: str, words: str
) -> None:
    folder = copied(tmp_path) / "library" / slug
    file = folder / "index.nl.md"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ContentError) as raised:
        read_asset(file, f"library/{slug}/index", "nl")
    finding = raised.value.finding
    assert words in finding.text("nl")
    assert finding.text("en") != finding.text("nl")
    lines = file.read_text("utf-8").splitlines()
    assert lines[finding.line - 1].startswith(key or "---")


def test_g1_a_kind_without_a_text_says_so(tmp_path: Path) -> None:
    file = copied(tmp_path) / "library" / FIRST / "index.nl.md"
    head = file.read_text("utf-8").rpartition("\n---\n")[0]
    file.write_text(f"{head}\n---\n", "utf-8")
    with pytest.raises(ContentError, match="no text below"):
        read_asset(file, "x", "nl")


@pytest.mark.parametrize(
    ("trial", "start", "end"),
    [
        # The clock goes back on 25 October 2026 and forward on 28 March 2027.
        (Trial(72, 0, ""), "2026-10-23T20:00+02:00", "2026-10-26T19:00+01:00"),
        (Trial(0, 14, ""), "2026-10-20T09:30+02:00", "2026-11-03T09:30+01:00"),
        (Trial(72, 0, ""), "2027-03-26T20:00+01:00", "2027-03-29T21:00+02:00"),
        (Trial(0, 14, ""), "2027-03-20T09:30+01:00", "2027-04-03T09:30+02:00"),
        # This hour is not on the clock that night: the first moment after it.
        (Trial(0, 7, ""), "2027-03-21T02:30+01:00", "2027-03-28T03:00+02:00"),
    ],
)
def test_g13_hours_are_hours_and_days_end_at_the_same_hour_of_the_clock(
    trial: Trial, start: str, end: str
) -> None:
    assert trial.ends(datetime.fromisoformat(start).astimezone(UTC), AMSTERDAM) == (
        datetime.fromisoformat(end)
    )


@pytest.mark.parametrize("lang", ["nl", "en"])
async def test_g1_every_kind_is_in_the_one_catalogue_and_has_a_page(
    product: Product, lang: str
) -> None:
    catalogue = (await product.get(f"/{lang}/library")).text
    sitemap = (await product.get("/sitemap.xml")).text
    for slug in EVERY:
        path = f"/{lang}/library/{slug}"
        assert f'href="{path}"' in catalogue
        assert f"{path}</loc>" in sitemap
        assert f"{path}/read" not in sitemap
        page = await product.get(path)
        assert page.status_code == 200
        for rest in ("/read", f"/{slug}.pdf", f"/{slug}.epub"):
            assert (await product.get(path + rest)).status_code == 404, rest
    evening = (await product.get(f"/{lang}/library/{EVENING}")).text
    assert '"startDate": "2027-02-11T20:00:00+01:00"' in evening
    assert "video.example.org" not in evening
    assert "trainer.example.org" not in (await product.get(f"/{lang}/library/{WEEK}")).text


async def test_g1_search_finds_a_kind_by_its_words(product: Product) -> None:
    assert f"/nl/library/{CARDS}" in (await product.get("/nl/search?q=brievenbus")).text


async def test_g1_an_open_episode_is_heard_without_an_address(product: Product) -> None:
    page = (await product.get(f"/nl/library/{EPISODE}")).text
    sound = f"/nl/library/{EPISODE}/sound/aflevering-1.nl.mp3"
    assert f'<audio controls preload="none" src="{sound}"' in page
    assert f'href="{sound}#t=61"' in page
    assert "Een computerstem leest deze aflevering voor" in page
    assert "Schrijf maandag na elk gesprek één ding op" in page
    whole = (REPOSITORY / "content/library" / EPISODE / "aflevering-1.nl.mp3").read_bytes()
    answer = await product.get(sound)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.content == whole
    part = await product.get(sound, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await product.get(sound, headers=tag)).status_code == 304
    for name in ("index.nl.md", "aflevering-1.en.mp3", "..%2findex.nl.md"):
        wrong = await product.get(f"/nl/library/{EPISODE}/sound/{name}")
        assert wrong.status_code == 404


async def test_g1_the_feed_has_the_episodes_that_all_may_hear(product: Product) -> None:
    answer = await product.get("/en/podcast/feed.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    channel = ElementTree.fromstring(answer.content).find("channel")  # noqa: S314 (our own)
    assert channel is not None
    (item,) = channel.findall("item")
    enclosure = item.find("enclosure")
    assert enclosure is not None
    assert enclosure.get("type") == "audio/mpeg"
    file = REPOSITORY / "content/library" / EPISODE / "aflevering-1.en.mp3"
    assert enclosure.get("length") == str(file.stat().st_size)
    assert (enclosure.get("url") or "").endswith(f"/en/library/{EPISODE}/sound/{file.name}")
    assert item.findtext("{http://www.itunes.com/dtds/podcast-1.0.dtd}duration") == "85"
    assert str(item.findtext("pubDate")).endswith("2026 12:00:00 GMT")
