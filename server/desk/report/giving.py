"""The page that asks whether giving works: one chart for each extra that some do not get."""

from collections.abc import Mapping
from datetime import tzinfo

from server.desk.report.drawing import NARROW, WIDE, Chart, Drawing, Table
from server.desk.report.effect import BETTER, NONE, OUTCOMES, WORSE, Arm, Effect
from server.desk.report.words import Words

NAMES = {
    "liked": "desk.report_liked",
    "returned": "desk.report_returned",
    "won": "desk.report_won",
}
VERDICTS = {
    BETTER: "desk.effect_better",
    WORSE: "desk.effect_worse",
    NONE: "desk.effect_none",
}


def effect_chart(words: Words, one: Effect, titles: Mapping[str, str], zone: tzinfo) -> Chart:
    """What one extra brings; only how many there are as long as that cannot be told."""
    name = titles.get(f"{one.kind}:{one.name}", one.name)
    if not one.verdict:
        return _waiting(words, one, name, zone)
    caption = words("desk.effect_caption", name=name)
    head = [words("desk.head_outcome"), *_arms(words, one), words("desk.effect_gap")]
    rows = [
        [
            words(NAMES[outcome]),
            words.whole(one.given.share(outcome)),
            words.whole(one.held.share(outcome)),
            _gap(words, one, outcome),
        ]
        for outcome in OUTCOMES
    ]
    table = Table(caption, head, rows)
    sizes = (Drawing(WIDE, 150), Drawing(NARROW, 190))
    for sheet in sizes:
        _draw(sheet, words, one)
    plots = [
        sheet.svg(f"effect-{one.key.replace(':', '-')}", caption, table.told()) for sheet in sizes
    ]
    day = words.day(one.settled_at.astimezone(zone)) if one.settled_at else ""
    drawn = words("desk.effect_drawn", day=day, days=one.days, share=one.share)
    return Chart(words(VERDICTS[one.verdict], name=name), drawn, [table], plots)


def _waiting(words: Words, one: Effect, name: str, zone: tzinfo) -> Chart:
    if one.is_enough:
        when = words("desk.effect_tonight")
    elif one.due:
        when = words("desk.effect_due", day=words.day(one.due.astimezone(zone)))
    else:
        when = words("desk.effect_never")
    drawn = words(
        "desk.effect_waits",
        share=one.share,
        days=one.days,
        needed=words.number(one.needed),
        when=when,
    )
    rows = [
        [arm, words.number(many.drawn), words.number(many.done), words.number(one.needed)]
        for arm, many in _named(words, one)
    ]
    head = [
        words("desk.effect_group"),
        words("desk.effect_drawn_head"),
        words("desk.effect_done_head"),
        words("desk.effect_needed_head"),
    ]
    table = Table(words("desk.effect_counts", name=name), head, rows)
    return Chart(words("desk.effect_not_yet", name=name), drawn, [table])


def _named(words: Words, one: Effect) -> list[tuple[str, Arm]]:
    return [(words("desk.effect_given"), one.given), (words("desk.effect_held"), one.held)]


def _arms(words: Words, one: Effect) -> list[str]:
    return [
        words("desk.effect_arm", arm=arm, count=many.done, number=words.number(many.done))
        for arm, many in _named(words, one)
    ]


def _gap(words: Words, one: Effect, outcome: str) -> str:
    gap, low, high = (_points(words, number) for number in one.apart(outcome))
    return words("desk.effect_points", gap=gap, low=low, high=high)


def _points(words: Words, share: float) -> str:
    """`+3,1`: percentage points."""
    number = words.number(abs(100 * share), 1)
    return number if not float(f"{share:.3f}") else f"{'+' if share > 0 else '−'}{number}"


def _draw(sheet: Drawing, words: Words, one: Effect) -> None:
    """The difference with its interval, a line for each outcome, around no difference."""
    left, room = (190.0, 340.0) if sheet.is_wide else (10.0, 310.0)
    apart = [one.apart(outcome) for outcome in OUTCOMES]
    most = max(0.01, *(abs(bound) for line in apart for bound in line))
    middle, step = left + room / 2, 34 if sheet.is_wide else 48
    bottom = 14 + step * len(OUTCOMES)
    sheet.line([(middle, 6), (middle, bottom)], "c-base")

    def at(share: float) -> float:
        return middle + share / most * room / 2

    for n, (outcome, (gap, low, high)) in enumerate(zip(OUTCOMES, apart, strict=True)):
        y = 24.0 + n * step if sheet.is_wide else 38.0 + n * step
        sheet.name((0, y + 4 if sheet.is_wide else y - 14), words(NAMES[outcome]), "c-t")
        sheet.line([(at(low), y), (at(high), y)], "c-wh")
        sheet.dot((at(gap), y), "c-pt", 4.5)
        if sheet.is_wide:
            sheet.text((left + room + 16, y + 4), _gap(words, one, outcome), "c-s")
    sheet.text((middle - 8, bottom + 18), words("desk.effect_less"), "c-s c-end")
    sheet.text((middle + 8, bottom + 18), words("desk.effect_more"), "c-s")
