"""What is wrong with a tip is said with file, line and remedy, and keeps it from being sent."""

from pathlib import Path

import pytest

from server.app import all_routes
from server.kit.content import Finding
from server.mail.letters import Letters
from server.newsletter import addresses, issuing, jobs, lineup, linting
from server.newsletter.models import Issue, IssuePlan
from server.newsletter.tips import Tips
from tests.newsletter.rhythms import Clock, editor, stand
from tests.newsletter.test_rhythm import HOUR, SUNDAY
from tests.product import Product, body_of
from tests.support import machine
from tests.support.machine import REPOSITORY

pytestmark = [] if machine.SOAKS else [pytest.mark.thin]

pure = pytest.mark.pure
HEAD = "---\nsubject: Een tip\n{more}---\n\n"
FINE = """Beste {{ name | lezer }} van {{ company | je bedrijf }},

Lees [het boek](/nl/library/gulle-gever), [het stuk](/nl/articles/wat-een-nee-waard-is),
[de tip van toen](http://127.0.0.1:8000/nl/newsletter/2026-47?x=1#y), [de vragen](/nl/faq),
[elders](https://example.org/a?b=c#d), [mij](mailto:an@example.org), [bel](tel:+31201234567).

Een korting is geld. Wie koopt, rekent. ![Een grafiek](https://example.org/g.png)
"""


def write(folder: Path, text: str, more: str = "asks: false\n", language: str = "nl") -> None:
    (folder / "newsletter" / f"x.{language}.md").write_text(HEAD.format(more=more) + text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder that has the library, the articles and the tips of the sample."""
    for name in ("library", "articles"):
        (tmp_path / name).symlink_to(REPOSITORY / "content" / name)
    (tmp_path / "newsletter").mkdir()
    old = REPOSITORY / "content/newsletter/2026-47.nl.md"
    (tmp_path / "newsletter" / old.name).write_text(old.read_text("utf-8"), "utf-8")
    return tmp_path


def faults(product: Product, folder: Path, name: str = "x") -> list[tuple[int, str]]:
    found = linting.lint(editor(product, folder), name)
    return [(one.line, one.key.removeprefix("newsletter.lint_")) for one in found]


async def test_a_good_tip_has_no_faults(product: Product, folder: Path) -> None:
    write(folder, FINE)
    assert faults(product, folder) == []
    linting.demand_fit(editor(product, folder), "x")


@pytest.mark.parametrize(
    "target",
    [
        "/nl/library/none",
        "/nl/library/gulle-gever/none.pdf",
        "/nl/articles/none",
        "/nl/newsletter/2026-46",
        "/en/newsletter/2026-47",
        "/nl/nothing",
        "/de/faq",
        "/nl/library/../faq",
        "/nl/faq/",
        "http://127.0.0.1:8000/nl/nothing",
        "library/gulle-gever",
        "#deel",
        "https://",
        "https://nowhere",
        "https://[::1/x",
        "htps://example.org",
        "mailto:an",
        "tel:bel-me",
    ],
)
async def test_a_link_that_leads_nowhere(product: Product, folder: Path, target: str) -> None:
    write(folder, f"Een zin.\n\nLees [dit]({target}).\n")
    assert faults(product, folder) == [(8, "dead_link")] or faults(product, folder) == [
        (1, "dead_link")  # cleaned away before it could be found again
    ]


async def test_what_is_wrong_stands_at_its_line(product: Product, folder: Path) -> None:
    text = "{{ name }} en {{ nmae | lezer }}\n\n{{7*7}} ![](https://example.org/x.png)\n"
    write(folder, text)
    found = [(6, "no_fallback"), (6, "slot"), (8, "slot"), (8, "no_alt")]
    assert sorted(faults(product, folder)) == sorted(found)
    (folder / "newsletter/x.nl.md").write_text('---\nsubject: "  "\n---\n\nTekst.\n', "utf-8")
    assert faults(product, folder) == [(2, "no_subject")]
    write(folder, "")
    assert [key for _, key in faults(product, folder)] == ["newsletter.empty"]
    write(folder, "Een regel van een boek dat te lang is voor een mail.\n\n" * 700)
    assert faults(product, folder) == [(1, "heavy")]


@pytest.mark.parametrize(
    ("text", "more", "language", "found"),
    [
        ("Bestel vandaag nog.", "asks: false\n", "nl", "ask"),
        ("Goed stuk. Koop het boek.", "", "nl", "ask"),
        ("Nu met 20% korting.", "asks: false\n", "nl", "ask"),
        ("[Bekijk ons aanbod](https://example.org/x)", "asks: false\n", "nl", "ask"),
        ("**Vraag een offerte aan.**", "", "nl", "ask"),
        ("Request your free quote today.", "asks: false\n", "en", "ask"),
        ("Get 20 % off.", "asks: false\n", "en", "ask"),
        ("Bestel vandaag nog.", "asks: true\n", "nl", ""),
        ("Koop is een woord.", "not_an_ask: [koop]\n", "nl", ""),
        ("Hij geeft korting.", "", "nl", "maybe_ask"),
        ("Hij geeft korting.", "asks: false\n", "nl", ""),
        (
            "[De prijs van een uur](/nl/articles/de-prijs-van-een-gratis-uur)",
            "asks: false\n",
            "nl",
            "",
        ),
        ("A discount is money.", "asks: false\n", "en", ""),
        ("In order to see more.", "asks: false\n", "en", ""),
    ],
)
async def test_an_ask_is_declared(
    product: Product, folder: Path, text: str, more: str, language: str, found: str
) -> None:
    write(folder, text + "\n", more, language)
    assert [key for _, key in faults(product, folder)] == ([found] if found else [])
    told = linting.lint(editor(product, folder), "x")
    assert [one.is_error for one in told] == ([found == "ask"] if found else [])


async def test_a_mail_without_a_way_out_or_an_address_is_not_sent(
    product: Product, folder: Path
) -> None:
    write(folder, FINE)
    own = folder / "templates"
    own.mkdir()
    layout = (REPOSITORY / "email_templates/layout.html").read_text("utf-8")
    (own / "layout.html").write_text(layout.replace("{{ way_out }}", ""), "utf-8")
    for language in ("nl", "en"):
        name = f"tip.{language}.md"
        text = (REPOSITORY / "email_templates" / name).read_text("utf-8")
        (own / name).write_text(text, "utf-8")
    host = editor(product, folder, postal_address=" ")
    host = type(host)(host.site, host.house, Letters(own), host.tips, host.zone)
    found = linting.lint(host, "x")
    assert [(one.file.name, one.key.partition(".")[2]) for one in found] == [
        ("site.yaml", "lint_no_address"),
        ("layout.html", "layout_lacks"),
    ]
    with pytest.raises(linting.UnfitError):
        linting.demand_fit(host, "x")


async def test_a_planned_tip_that_was_spoiled_is_held_and_told(
    product: Product, folder: Path, clock: Clock
) -> None:
    await product.log_in("editor")
    stand(clock, SUNDAY)
    write(folder, FINE)
    await lineup.plan("x", SUNDAY + HOUR)
    write(folder, "Lees [dit](/nl/nothing).\n")
    stand(clock, SUNDAY + 2 * HOUR)
    host = editor(product, folder)
    await jobs.keep_rhythm(host)
    assert await Issue.all().count() == 0
    assert (await IssuePlan.get()).state == "held"
    await product.work()
    told = body_of(product.mails("editor@staff.example.org")[-1])
    assert "x.nl.md:6" in told.replace("\n", " ")
    with pytest.raises(issuing.NoSuchIssueError):
        await issuing.send(host, "none")


@pure
def test_the_pages_that_are_always_there_are_those_of_the_product() -> None:
    shown = [one for one in all_routes() if one.role == "public" and "GET" in (one.methods or ())]
    fixed = [one.path for one in shown if "{" not in one.path.replace("{lang:lang}", "")]
    below = {path.removeprefix("/{lang:lang}/") for path in fixed if path.startswith("/{")}
    assert below == set(addresses.PAGES)
    assert set(addresses.BARE_PAGES) <= set(fixed)


@pure
def test_a_finding_says_what_to_do() -> None:
    finding = Finding(Path("x.nl.md"), 3, "newsletter.lint_no_fallback", {"slot": "name"})
    assert finding.text("nl").endswith("schrijf erachter wat er dan staat: {{ name | lezer }}")


@pure
def test_on_a_page_for_all_a_slot_is_the_words_behind_the_bar(folder: Path) -> None:
    write(folder, FINE)
    tip = Tips(folder).exactly("x", "nl")
    assert tip
    assert "Beste lezer van je bedrijf," in tip.html()
    assert "{{" not in tip.html() + tip.beginning()
