"""The model file: every number is there, and a wrong one is named."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from server.readiness.model import STARTING_POINTS, ModelError, load_model
from tests.readiness.logs import MODEL


def write(tmp_path: Path, change: dict[str, Any]) -> Path:
    """A model file with some keys changed (`a.b` reaches into a section; None takes it out)."""
    data = yaml.safe_load(STARTING_POINTS.read_text("utf-8"))
    for key, value in change.items():
        section, _, name = key.rpartition("/")
        place = data
        for part in section.split("/") if section else ():
            place = place[part]
        if value is None:
            del place[name]
        else:
            place[name] = value
    file = tmp_path / "points.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    return file


def test_the_starting_points_are_those_of_the_design() -> None:
    assert MODEL.signals["contact.requested"].points == 25
    assert MODEL.signals["contact.requested"].half_life == 14
    assert (MODEL.groups["buy"], MODEL.groups["return"]) == (30, 24)
    assert MODEL.fit.disposable == -15


def test_ten_points_double_the_odds() -> None:
    low, high = MODEL.probability(20), MODEL.probability(30)
    assert high / (1 - high) == pytest.approx(2 * low / (1 - low))


def test_points_and_probability_are_each_others_inverse() -> None:
    assert MODEL.probability(MODEL.points_for(0.2)) == pytest.approx(0.2)
    assert MODEL.probability(-1e9) == 0


def test_another_file_gives_another_model(tmp_path: Path) -> None:
    model = load_model(write(tmp_path, {"version": 8, "fit/sources": {"fair": -3}}))
    assert model.version == 8
    assert model.fit.sources == {"fair": -3}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"signals/visit/half_life": 0}, "signals.visit.half_life"),
        ({"signals/visit/half_life": "a week"}, "signals.visit.half_life"),
        ({"signals/visit/points": True}, "signals.visit.points"),
        ({"signals/visit/points": float("inf")}, "signals.visit.points"),
        ({"signals/visit/points": -1}, "signals.visit.points"),
        ({"signals/visit/group": "nowhere"}, "signals.visit.group"),
        ({"signals/visit/group": 3}, "signals.visit.group"),
        ({"signals/visit/weight": 3}, "signals.visit.weight"),
        ({"signals/visit": None}, "signals.visit"),
        ({"signals/wink": {"group": "web", "points": 1, "half_life": 1}}, "signals.wink"),
        ({"signals/read.100/group": "web"}, "signals.read.100.group"),
        ({"groups/web": 0}, "groups.web"),
        ({"groups": {1: 2}}, "groups"),
        ({"rule/probability": 1}, "rule.probability"),
        ({"rule/ask_days": -1}, "rule.ask_days"),
        ({"rule/ask_days": None}, "rule.ask_days"),
        ({"taker": 3}, "taker"),
        ({"taker/points": 5}, "taker.points"),
        ({"taker/from_gifts": 3.5}, "taker.from_gifts"),
        ({"liked/after_reading": {"sample": 3}}, "liked.after_reading.default"),
        ({"liked/after_giving": {"sample": -3}}, "liked.after_giving.sample"),
        ({"shown/other": 2}, "shown.other"),
        ({"version": "one"}, "version"),
        ({"colour": "green"}, "colour"),
        ({"capacity": None}, "capacity"),
    ],
)
def test_a_wrong_number_is_named_with_its_file(
    tmp_path: Path, change: dict[str, Any], key: str
) -> None:
    file = write(tmp_path, change)
    with pytest.raises(ModelError) as caught:
        load_model(file)
    assert str(caught.value).startswith(f"{file}: {key}: ")


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [\n", "\ufffe"])
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "points.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"points\.yaml"):
        load_model(file)
    with pytest.raises(ModelError, match=r"missing\.yaml"):
        load_model(tmp_path / "missing.yaml")
