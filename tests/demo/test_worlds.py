"""The simulator: the gate through which a change of the readiness model has to pass."""

from random import Random

import pytest

from server.demo.measuring import auc, judged, look, precision_at
from server.demo.worlds import World, make_world
from server.readiness.model import load_model

MODEL = load_model()
SEEDS = (9001, 9002, 9003)  # worlds that nothing was tried on
COUNT = 400
FINDS = 0.7  # of a few small worlds; a third of the needs leaves no trace that could be found


def told(world: World) -> list[tuple[float, str, str, float, str]]:
    return [
        (act.at, act.kind, act.subject, act.value, act.network)
        for person in world.people
        for act in person.acts
        if act.by_person
    ]


def test_the_starting_points_find_who_has_a_need_and_machines_hardly_hinder() -> None:
    with_machines, without = [], []
    for seed in SEEDS:
        seen = look(make_world(seed, COUNT), MODEL)
        with_machines += [(one.assessment.total, one.in_need) for one in seen]
        assert not any(one.asks_too_soon for one in seen)
        calm = look(make_world(seed, COUNT, machines=False), MODEL)
        without += [(one.assessment.total, one.in_need) for one in calm]
    assert auc(with_machines) >= FINDS
    assert auc(without) - auc(with_machines) <= 0.005


def test_a_world_is_its_seed_and_machines_change_nobody_in_it() -> None:
    world = make_world(1, 60)
    assert told(world) == told(make_world(1, 60))
    assert told(world) == told(make_world(1, 60, machines=False))
    assert told(world) != told(make_world(2, 60))


def test_what_people_do_is_in_order_and_within_the_year() -> None:
    world = make_world(3, 80)
    for person in world.people:
        times = [act.at for act in person.acts]
        assert times == sorted(times)
        assert all(0 <= at < world.days for at in times)
        assert all(at >= person.joined for at in times)


def test_almost_no_machine_passes_for_a_person_and_no_person_for_a_machine() -> None:
    world = make_world(4, 300)
    right: dict[bool, list[bool]] = {True: [], False: []}
    for person in world.people:
        for act, verdict in judged(person, world):
            if act.kind != "mail.open":  # a person's picture that a proxy fetched
                counted = verdict.evidence in ("human", "likely")
                right[act.by_person].append(counted == act.by_person)
    assert sum(right[True]) >= 0.995 * len(right[True])
    # One link followed once cannot be told from a person.
    assert sum(right[False]) >= 0.9 * len(right[False])


def test_the_measures_are_what_they_say() -> None:
    assert auc([(1.0, False), (2.0, True), (3.0, True)]) == 1
    assert auc([(1.0, True), (2.0, False)]) == 0
    assert auc([(1.0, True), (1.0, False)]) == 0.5
    with pytest.raises(ValueError, match="both"):
        auc([(1.0, True)])
    chance = Random(5)
    pairs = [(chance.random(), n < 20) for n in range(2000)]
    assert abs(auc(pairs) - 0.5) < 0.15
    assert precision_at([(3.0, True), (2.0, False), (1.0, True)], 0.67) == 0.5
