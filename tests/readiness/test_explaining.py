"""An assessment in sentences: true, in both languages, with points that add up."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings

from server.kit.text import LANGUAGES
from server.readiness import explaining
from server.readiness.assessment import Assessment, Fit, Moment, NextStep, assess
from server.readiness.explaining import chance_text, explain, next_step_text, state_name, why_now
from server.readiness.state import LeadState, Signal, fold
from tests.readiness.logs import DAY, MODEL, NO_SWITCH, fits, lead, line, logs

ROOM = Path(explaining.__file__).parent
TITLES = {
    "geven-werkt": "Geven werkt",
    "de-stilte": "De stilte na je vraag",
    "fair": "de beurs",
}
DECIDER = Fit(business_mailbox=True, role="decider", source="fair")


def why(state: LeadState, language: str = "nl", now: float = DAY) -> str:
    return why_now(assess(state, DECIDER, now, MODEL), language, TITLES, now)


def step(state: LeadState, language: str = "nl") -> str:
    return next_step_text(assess(state, Fit(), DAY, MODEL), language, TITLES)


def points(sentence: str) -> int:
    """The number between the brackets at the end."""
    found = re.search(r" \(([+−]\d+)\)\.$", sentence)
    assert found, sentence
    return int(found[1].replace("−", "-"))


def test_a_reason_is_a_sentence_with_its_points() -> None:
    state = lead(("read.100", 9, "de-stilte"), ("read.100", 3, "geven-werkt"), ("question", 1))
    seen = assess(state, DECIDER, DAY, MODEL)
    dutch, english = explain(seen, "nl", TITLES), explain(seen, "en", TITLES)
    assert "Las 2 stukken uit, waarvan *Geven werkt* 3 dagen geleden (+11)." in dutch
    assert "Read 2 pieces to the end, *Geven werkt* 3 days ago (+11)." in english
    assert "Stelde gisteren een vraag (+8)." in dutch
    assert "Beslist zelf (+8)." in dutch
    assert "Kwam via de beurs (+4)." in dutch
    assert "Came by way of de beurs (+4)." in english


@settings(max_examples=100, deadline=None)
@given(logs(NO_SWITCH, most=40), fits)
def test_the_points_in_the_sentences_add_up(log: list[Signal], fit: Fit) -> None:
    seen = assess(fold(log, MODEL), fit, DAY, MODEL)
    for language in LANGUAGES:
        sentences = explain(seen, language, TITLES)
        assert sum(points(sentence) for sentence in sentences) == seen.points
        assert not any(re.search(r"[{}]|  | \.|None", sentence) for sentence in sentences)


@settings(max_examples=100, deadline=None)
@given(logs(NO_SWITCH), fits)
def test_there_is_always_one_sentence_why_and_one_step(log: list[Signal], fit: Fit) -> None:
    seen = assess(fold(log, MODEL), fit, DAY, MODEL)
    for language in LANGUAGES:
        sentence = why_now(seen, language, TITLES, DAY)
        assert re.fullmatch(r"[A-Z][^{}\n]+\.", sentence)
        assert re.fullmatch(r"[A-Z][^{}\n]+[^.]", next_step_text(seen, language, TITLES))
        assert state_name(seen.state, language)


@pytest.mark.parametrize(
    ("log", "dutch", "english"),
    [
        ([], "Haalde nog geen weggever op.", "Has taken no gift yet."),
        (
            [line("gift.taken", 0, "geven-werkt")],
            "Haalde *Geven werkt* vandaag op.",
            "Took *Geven werkt* today.",
        ),
        (
            [line("gift.sent", 4, "geven-werkt", 6, unexpected=True)],
            "Kreeg *Geven werkt* 4 dagen geleden als verrassing.",
            "Got *Geven werkt* as a surprise 4 days ago.",
        ),
        (
            [line("help.given", 1)],
            "Kreeg gisteren hulp van ons.",
            "Got help from us yesterday.",
        ),
        (
            [line("gift.taken", 9, "geven-werkt"), line("read.100", 1, "geven-werkt")],
            "Las *Geven werkt* gisteren uit.",
            "Read *Geven werkt* to the end yesterday.",
        ),
        (
            [line("read.75", 8, "geven-werkt")],
            "Las 8 dagen geleden minstens de helft van *Geven werkt*.",
            "Read at least half of *Geven werkt* 8 days ago.",
        ),
        (
            [line("read.100", 3, "geven-werkt"), line("question", 1, "de-stilte")],
            "Stelde gisteren een vraag over *De stilte na je vraag* en las *Geven werkt* 3 dagen "
            "geleden uit.",
            "Asked a question about *De stilte na je vraag* yesterday and read *Geven werkt* to "
            "the end 3 days ago.",
        ),
        (
            [line("read.100", 90, "geven-werkt"), line("rating", 65, "geven-werkt", 4)],
            "Vond *Geven werkt* 2 maanden geleden heel goed.",
            "Liked *Geven werkt* very much 2 months ago.",
        ),
        (
            [line("read.100", 5, "geven-werkt"), line("rating", 3, "geven-werkt", 3)],
            "Vond *Geven werkt* 3 dagen geleden goed en las het 5 dagen geleden uit.",
            "Liked *Geven werkt* 3 days ago and read it to the end 5 days ago.",
        ),
        (
            [line("read.50", 5, "de-stilte"), line("forward", 3, "de-stilte")],
            "Stuurde *De stilte na je vraag* 3 dagen geleden door en las er 5 dagen geleden "
            "minstens de helft van.",
            "Passed on *De stilte na je vraag* 3 days ago and read at least half of it 5 days ago.",
        ),
        (
            [line("rating", 2, "geven-werkt", 1, personal=True)],
            "Liet 2 dagen geleden weten dat *Geven werkt* tegenviel.",
            "Said 2 days ago that *Geven werkt* was not for them.",
        ),
        (
            [line("forward", 2, "de-stilte"), line("page.pricing", 0)],
            "Stuurde *De stilte na je vraag* 2 dagen geleden door en bekeek vandaag de prijzen.",
            "Passed on *De stilte na je vraag* 2 days ago and looked at the prices today.",
        ),
        (
            [line("reply", 2), line("contact.requested", 1)],
            "Vroeg gisteren om contact en schreef 2 dagen geleden terug.",
            "Asked yesterday to be contacted and wrote back 2 days ago.",
        ),
        (
            [line("contact.requested", 3), line("contacted", 1), line("gift.taken", 9, "x")],
            "Vroeg 3 dagen geleden om contact.",
            "Asked 3 days ago to be contacted.",
        ),
        (
            [line("mail.click", 1), line("gift.taken", 9, "x")],
            "Las verder vanuit een mail van ons.",
            "Read on from a mail of ours.",
        ),
        (
            [line("profiling.objected", 1)],
            "Wil niet dat we een profiel bijhouden; we tellen niets op.",
            "Does not want us to keep a profile; nothing is added up.",
        ),
    ],
)
def test_why_now_says_what_came_back_first(log: list[Signal], dutch: str, english: str) -> None:
    state = fold(log, MODEL)
    assert why(state) == dutch
    assert why(state, "en") == english


def test_machines_are_not_mentioned() -> None:
    state = fold([Signal("question", DAY - 1, evidence="scanner")], MODEL)
    assert why(state) == "Haalde nog geen weggever op."


def test_yesterday_is_seen_from_the_day_of_reading_and_on_the_local_calendar() -> None:
    half_past_eleven = datetime(2026, 11, 23, 23, 30, tzinfo=UTC).timestamp() / 86_400
    morning = datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp() / 86_400
    seen = assess(fold([Signal("reply", half_past_eleven)], MODEL), Fit(), morning, MODEL)
    assert why_now(seen, "nl", {}, morning) == "Schreef gisteren terug."
    amsterdam = ZoneInfo("Europe/Amsterdam")
    assert why_now(seen, "nl", {}, morning, amsterdam) == "Schreef vandaag terug."
    assert why_now(seen, "nl", {}, morning + 2, amsterdam) == "Schreef 2 dagen geleden terug."


def test_an_asterisk_in_a_title_does_not_end_the_italics() -> None:
    state = fold([line("forward", 0, "x")], MODEL)
    seen = assess(state, Fit(), DAY, MODEL)
    assert why_now(seen, "en", {"x": "Give * {more}"}, DAY) == "Passed on *Give  {more}* today."
    assert why_now(seen, "nl", {}, DAY) == "Stuurde *x* vandaag door."


@pytest.mark.parametrize(
    ("log", "dutch", "english"),
    [
        ([("contact.requested", 1)], "Bel terug", "Call back"),
        (
            [("gift.taken", 1, "x")],
            "Wacht tot en met 9 november 2025",
            "Wait, up to and including 9 November 2025",
        ),
        (
            [("read.50", 8, "geven-werkt")],
            "Vraag hoe *Geven werkt* beviel, zonder aanbod erbij",
            "Ask how *Geven werkt* was liked, with no offer in it",
        ),
        ([], "Geef een weggever", "Give a gift"),
        ([("unsubscribe", 1)], "Laat met rust", "Leave in peace"),
        (
            [("outcome.not_now", 60)],
            "Laat met rust tot en met 7 december 2025",
            "Leave in peace, up to and including 7 December 2025",
        ),
        (
            [("profiling.objected", 1)],
            "Niets: er wordt geen profiel bijgehouden",
            "Nothing: no profile is kept",
        ),
    ],
)
def test_a_next_step_is_a_short_command(
    log: list[tuple[str, float] | tuple[str, float, str]], dutch: str, english: str
) -> None:
    assert step(lead(*log)) == dutch
    assert step(lead(*log), "en") == english


def test_a_wait_ends_with_its_last_day_in_the_zone_of_the_house() -> None:
    midnight = datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=1))).timestamp() / 86_400
    seen = Assessment(midnight - 3, 1, "reading", NextStep("wait", "", midnight))
    amsterdam = ZoneInfo("Europe/Amsterdam")
    assert next_step_text(seen, "nl", {}, amsterdam) == "Wacht tot en met 30 november 2026"


def test_with_few_data_no_chance_is_named() -> None:
    state = lead(("question", 1))
    guess = assess(state, DECIDER, DAY, MODEL)
    assert re.search(r"\b\d+ van de 100\b", chance_text(guess, "nl"))
    blind = assess(state, DECIDER, DAY, MODEL, few_data=True)
    assert chance_text(blind, "nl") == "Te weinig gegevens om te voorspellen."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_of_sentences_can_be_said(language: str) -> None:
    for kind in (*explaining._MOMENTS, "read", "rating", "rating.personal"):
        for value in (0, 2, 50, 100):
            moment = Moment(kind, "geven-werkt", DAY - 1, value)
            assert explaining._moment(moment, DAY, language, TITLES, UTC)
    for state in explaining._STATES:
        assert state_name(state, language)
    for name in explaining._STEPS:
        seen = Assessment(DAY, 1, "reading", NextStep(name, "geven-werkt", DAY + 1))
        assert "{" not in next_step_text(seen, language, TITLES)


def test_every_sentence_of_the_room_has_the_same_slots_in_both_languages() -> None:
    texts = yaml.safe_load((ROOM / "texts.yaml").read_text("utf-8"))
    for key, languages in texts.items():
        assert set(languages) == set(LANGUAGES), key
        slots = [set(re.findall(r"{(\w+)}", str(languages[one]))) for one in LANGUAGES]
        assert slots[0] == slots[1], key
