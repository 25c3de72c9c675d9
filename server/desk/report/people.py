"""The charts about people: the way from visit to won, the months after, and who was given first."""

from datetime import datetime

from server.desk.report.counting import MONTHS, STEPS, Cohort, First, Funnel
from server.desk.report.drawing import NARROW, WIDE, Chart, Drawing, Point, Table, nice
from server.desk.report.shares import FEWEST, HOLLOW, Share
from server.desk.report.words import Words

NAMES = {
    "asked": "desk.step_asked",
    "pressed": "desk.step_pressed",
    "read": "desk.step_read",
    "returned": "desk.step_returned",
    "ready": "desk.step_ready",
    "offer": "desk.step_offer",
    "won": "desk.step_won",
}
# Who asks and presses nothing is forgotten after some days: how many those were nobody knows.
WITHOUT_SHARE = ("asked", "pressed")
MEASURES = {
    "liked": "desk.report_liked",
    "returned": "desk.report_returned",
    "won": "desk.report_won",
}
SEEN_AFTER = 3  # months after which cohorts are compared
TOLD_MONTHS = (1, 3, 6, 9, 12)


def funnel_chart(words: Words, found: Funnel, days: int, confirm_days: int) -> Chart:
    """From a landing page to won: what became of all who asked in so many days."""
    caption = words("desk.report_funnel", days=days)
    lines = [[words("desk.step_opened"), words.number(found.opened), "", "", ""]]
    for n, step in enumerate(STEPS):
        share = found.share(n) if step not in WITHOUT_SHARE else None
        lines.append(
            [
                words(NAMES[step]),
                words.number(found.along[n]),
                words.share(share) if share else "",
                words.span(share) if share else "",
                words.number(found.any_way[n]),
            ]
        )
    head = ("step", "people", "of_before", "sure", "any_way")
    table = Table(caption, [words(_HEADS[name]) for name in head], lines)
    finding, drawn = _narrowest(words, found), words("desk.report_funnel_drawn", days=days)
    if found.opened > max(found.along):
        drawn += " " + words("desk.report_broken")
    drawn += " " + words("desk.report_forgotten", count=confirm_days)
    sizes = (Drawing(WIDE, 262), Drawing(NARROW, 374))
    for sheet in sizes:
        _draw_funnel(sheet, words, found, lines)
    told = table.told()
    return Chart(finding, drawn, [table], [one.svg("funnel", caption, told) for one in sizes])


_HEADS = {
    "step": "desk.head_step",
    "people": "desk.head_people",
    "of_before": "desk.head_of_before",
    "sure": "desk.head_sure",
    "any_way": "desk.head_any_way",
}


def _narrowest(words: Words, found: Funnel) -> str:
    """The step at which most stay behind, where that is sure."""
    asked, won = found.along[0], found.along[-1]
    if asked < FEWEST:
        return words("desk.report_funnel_few", count=asked)
    steps = [n for n, step in enumerate(STEPS) if step not in WITHOUT_SHARE]
    shares = sorted((found.share(n).value, n) for n in steps if found.share(n).is_told)
    if len(shares) > 1:
        first, second = (found.share(n) for _, n in shares[:2])
        if second.is_above(first):
            name = words(NAMES[STEPS[shares[0][1]]])
            return words(
                "desk.report_narrowest",
                step=name,
                part=words.number(first.part),
                whole=words.number(first.whole),
            )
    return words("desk.report_all_the_way", asked=words.number(asked), count=won)


def _draw_funnel(sheet: Drawing, words: Words, found: Funnel, lines: list[list[str]]) -> None:
    most = max(1, *found.along)
    left, room, step = (190, 340, 32) if sheet.is_wide else (0, 205, 46)
    for n, line in enumerate(lines):
        count = found.opened if n == 0 else found.along[n - 1]
        top = 10 + n * step if sheet.is_wide else 25 + n * step
        height = 17 if sheet.is_wide else 12
        width = room * min(1.0, count / most)
        if count:
            sheet.bar((left, top), max(width, 1.5), height, "c-given" if n == 0 else "c-a")
        if count > most:
            for x in (width - 16, width - 11):
                sheet.line([(left + x, top - 2), (left + x - 5, top + height + 2)], "c-break")
        sheet.text((0, top + 13 if sheet.is_wide else top - 6), line[0])
        end, low = left + width + 8, top + (14 if sheet.is_wide else 10)
        sheet.text((end, low), line[1], "c-b")
        if line[3]:
            more = f"{line[2]} ({line[3]})" if sheet.is_wide else line[2]
            sheet.text((end + 9 + 7 * len(line[1]), low), f"· {more}", "c-s")


def first_chart(words: Words, found: First, months: list[tuple[datetime, First]]) -> Chart:
    """Who was given something before the first question or offer: of all, and by month."""
    caption = words("desk.report_first")
    counts = {
        words("desk.first_given"): found.given_first,
        words("desk.first_not_asked"): found.not_asked,
        words("desk.first_asked"): found.asked_first,
        words("desk.first_neither"): found.neither,
    }
    rows = [
        [name, words.number(count), words.whole(Share(count, found.total))]
        for name, count in counts.items()
    ]
    head = [words("desk.head_leads"), words("desk.head_count"), words("desk.head_share")]
    table = Table(caption, head, rows)
    sizes = (Drawing(WIDE, 140), Drawing(NARROW, 190))
    for sheet in sizes:
        _draw_first(sheet, list(counts.items()), words)
    plots = [one.svg("first", caption, table.told()) for one in sizes]
    drawn = words("desk.report_first_drawn", count=found.total)
    if found.before.is_told:
        drawn += " " + words("desk.report_first_share", share=words.whole(found.before))
    by_month = Table(
        words("desk.report_first_months"),
        [words("desk.head_month"), words("desk.head_leads"), words("desk.head_given_first")],
        [
            [
                words.month_of(starts),
                words.number(one.total),
                f"{words.number(one.before.part)} · {words.whole(one.before)}",
            ]
            for starts, one in months
        ],
    )
    return Chart(_first_finding(words, found), drawn, [table, by_month], plots)


def _first_finding(words: Words, found: First) -> str:
    asked = Share(found.given_first, found.given_first + found.asked_first)
    if not asked.whole:
        return words("desk.report_nobody_asked", count=found.not_asked)
    if not found.asked_first:
        return words("desk.report_first_all", count=asked.whole)
    return words(
        "desk.report_first_some", part=words.number(asked.part), whole=words.number(asked.whole)
    )


def _draw_first(sheet: Drawing, counts: list[tuple[str, int]], words: Words) -> None:
    most = max(1, *(count for _, count in counts))
    left, room, step = (300, 340, 32) if sheet.is_wide else (0, 270, 46)
    looks = ("c-a", "c-given", "c-c", "c-given f1")
    for n, ((name, count), look) in enumerate(zip(counts, looks, strict=True)):
        top = 10 + n * step if sheet.is_wide else 22 + n * step
        height = 17 if sheet.is_wide else 12
        width = room * count / most
        sheet.text((0, top + 13 if sheet.is_wide else top - 6), name)
        if count:
            sheet.bar((left, top), max(width, 1.5), height, look)
        low = top + (14 if sheet.is_wide else 10)
        sheet.text((left + width + 8, low), words.number(count), "c-b")


def cohort_chart(words: Words, months: list[Cohort]) -> Chart:
    """What came of a first gift in the months after it, by the quarter of that gift."""
    caption = words("desk.report_cohorts")
    quarters = _quarters(months)
    shown = [one for one in quarters if one.people >= FEWEST and one.months]
    tables = [
        Table(
            words("desk.report_cohorts_quarter"),
            [
                words("desk.head_quarter"),
                *(words("desk.head_after", count=n) for n in TOLD_MONTHS),
            ],
            [_quarter_row(words, one, what) for one in quarters for what in MEASURES],
        ),
        Table(
            words("desk.report_cohorts_month"),
            [words("desk.head_month"), words("desk.head_people"), *map(words, MEASURES.values())],
            [_month_row(words, one) for one in months],
        ),
    ]
    if not shown:
        return Chart(
            words("desk.report_cohorts_few"), words("desk.report_cohorts_none"), tables[1:]
        )
    sizes = (Drawing(WIDE, 186), Drawing(NARROW, 500))
    for sheet in sizes:
        for n, what in enumerate(MEASURES):
            corner = (n * 240.0, 0.0) if sheet.is_wide else (0.0, n * 166.0)
            _draw_measure(sheet, corner, words, what, shown)
    plots = [one.svg("cohorts", caption, tables[0].told()) for one in sizes]
    finding = _cohort_finding(words, shown)
    return Chart(finding, words("desk.report_cohorts_drawn"), tables, plots)


def _quarters(months: list[Cohort]) -> list[Cohort]:
    found: dict[tuple[int, int], Cohort] = {}
    for one in months:
        key = one.starts.year, (one.starts.month + 2) // 3
        found[key] = found[key] + one if key in found else one
    return list(found.values())


def _quarter_row(words: Words, one: Cohort, what: str) -> list[str]:
    name = f"{words.quarter(one.starts)}, {words(MEASURES[what])}"
    cells = [
        words.whole(one.after(what, n)) if n <= one.months else words("desk.report_not_yet")
        for n in TOLD_MONTHS
    ]
    return [name, *cells]


def _month_row(words: Words, one: Cohort) -> list[str]:
    cells = []
    for what in MEASURES:
        share = one.all_of(what)
        number = words.number(share.part)
        cells.append(f"{number} · {words.percent(share.value)}" if share.is_told else number)
    return [words.month_of(one.starts), words.number(one.people), *cells]


def _cohort_finding(words: Words, shown: list[Cohort]) -> str:
    old = [one for one in shown if one.months >= SEEN_AFTER]
    if not old:
        return words("desk.report_cohorts_young")
    shares = [one.after("returned", SEEN_AFTER) for one in old]
    names = {"new": words.quarter(old[-1].starts), "old": words.quarter(old[0].starts)}
    if shares[-1].is_above(shares[0]):
        return words("desk.report_cohorts_faster", **names)
    if shares[0].is_above(shares[-1]):
        return words("desk.report_cohorts_slower", **names)
    every = Share(sum(one.part for one in shares), sum(one.whole for one in shares))
    return words(
        "desk.report_cohorts_same", part=words.number(every.part), whole=words.number(every.whole)
    )


def _draw_measure(
    sheet: Drawing, corner: Point, words: Words, what: str, shown: list[Cohort]
) -> None:
    """One panel: shares against months, a line for each quarter."""
    left, top, width, height = corner[0] + 34, corner[1] + 28, 190.0, 120.0
    if not sheet.is_wide:
        width = 260.0
    most = max(one.after(what, one.months).value for one in shown)
    ticks = nice(max(100 * most, 1), 3)
    sheet.text((left, corner[1] + 14), words(MEASURES[what]), "c-b")
    for tick in ticks:
        y = top + height - height * tick / ticks[-1]
        sheet.line([(left, y), (left + width, y)], "c-rule" if tick else "c-base")
        decimals = 0 if float(tick).is_integer() else 1
        sheet.text((left - 5, y + 4), words.number(tick, decimals), "c-s c-end")
    for n in range(0, MONTHS + 1, 3):
        look = "c-s c-end" if n == MONTHS else "c-s c-mid"
        sheet.text((left + width * n / MONTHS, top + height + 16), str(n), look)
    ends: list[tuple[Point, str]] = []
    for n, one in enumerate(shown):
        faded = ("", " f3", " f2", " f1")[min(3, len(shown) - 1 - n)]
        points = [
            (
                left + width * k / MONTHS,
                top + height - height * 100 * one.after(what, k).value / ticks[-1],
            )
            for k in range(one.months + 1)
        ]
        sheet.line(points, f"c-la{faded}")
        last = one.after(what, one.months)
        sheet.dot(points[-1], "c-hollow" if last.part < HOLLOW else f"c-pt{faded}", 3.5)
        ends.append((points[-1], words.quarter(one.starts)))
    _name_lines(sheet, ends, left + width)


def _name_lines(sheet: Drawing, ends: list[tuple[Point, str]], edge: float) -> None:
    """Which line is which, beside its end; names that would meet are set apart."""
    low = 0.0
    for (x, y), name in sorted(ends, key=lambda one: one[0][1]):
        low = max(y + 4, low + 13)
        if x + 62 < edge + 8:
            sheet.name((x + 8, low), name, "c-s")
        else:
            sheet.name((edge - 6, low - 12), name, "c-s c-end")
