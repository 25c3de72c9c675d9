"""The charts of one issue: when its mails left, and which links were followed."""

from datetime import datetime, timedelta, tzinfo

from server.desk.report.drawing import NARROW, WIDE, Chart, Drawing, Table, nice
from server.desk.report.words import Words
from server.kit.text import clock_time
from server.newsletter.figures import LinkFigures
from server.newsletter.reporting import Report

MOST_HOURS, MOST_LINKS = 48, 12
HOUR = timedelta(hours=1)


def charts_of(report: Report, words: Words, zone: tzinfo, home: str) -> dict[str, Chart]:
    """What can be drawn of an issue: nothing before anything left, no links of too few people.

    Links to our own pages are named without `home`.
    """
    found = {}
    if report.hours:
        found["left"] = hour_chart(words, report.hours, zone)
    if report.figures.is_told and any(link.readers for link in report.figures.links):
        found["links"] = link_chart(words, list(report.figures.links[:MOST_LINKS]), home)
    return found


def hour_chart(words: Words, hours: list[tuple[datetime, int]], zone: tzinfo) -> Chart:
    """How many mails left in each hour, hours without one included."""
    counts = dict(hours[-MOST_HOURS:])
    first, last = min(counts), max(counts)
    length = min(MOST_HOURS, int((last - first) / HOUR) + 1)
    spans = [(first + n * HOUR, counts.get(first + n * HOUR, 0)) for n in range(length)]
    total = sum(count for _, count in hours)
    at, most = max(hours, key=lambda one: one[1])
    hour = _hour(words, at, zone)
    finding = words(
        "desk.issue_hours_found", most=words.number(most), total=words.number(total), hour=hour
    )
    caption = words("desk.issue_hours")
    head = [words("desk.head_hour"), words("desk.head_departed")]
    table = Table(caption, head, [[_hour(words, one, zone), words.number(n)] for one, n in hours])
    if len(spans) == 1:  # one column says no more than the sentence
        return Chart(finding, words("desk.issue_hours_drawn"), [table])
    sizes = (Drawing(WIDE, 170), Drawing(NARROW, 160))
    for sheet in sizes:
        _draw_hours(sheet, words, spans, zone)
    plots = [one.svg("left", caption, finding) for one in sizes]
    return Chart(finding, words("desk.issue_hours_drawn"), [table], plots)


def _hour(words: Words, at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{words.day(local)} {clock_time(words.language, local)}"


def _draw_hours(
    sheet: Drawing, words: Words, spans: list[tuple[datetime, int]], zone: tzinfo
) -> None:
    left, room = (44, sheet.width - 60) if sheet.is_wide else (36, sheet.width - 40)
    bottom, top = float(sheet.height - 24), 12.0
    ticks = nice(max(4, *(count for _, count in spans)), 3)
    size = (bottom - top) / ticks[-1]
    for tick in ticks[1:]:
        sheet.line([(left, bottom - size * tick), (left + room, bottom - size * tick)], "c-rule")
        sheet.text((left - 6, bottom - size * tick + 4), words.number(tick), "c-s c-end")
    step = min(room / len(spans), 60)
    every = max(1, -(-len(spans) // (12 if sheet.is_wide else 5)))
    for n, (at, count) in enumerate(spans):
        x, height = left + n * step, size * count
        sheet.bar((x + step * 0.12, bottom - height), step * 0.76, height, "c-given")
        if n % every == 0:
            hour = clock_time(words.language, at.astimezone(zone))
            sheet.text((x + step / 2, bottom + 17), hour, "c-s c-mid")
    sheet.line([(left, bottom), (left + room, bottom)], "c-base")


def link_chart(words: Words, links: list[LinkFigures], home: str) -> Chart:
    """How many people followed each link."""
    first = links[0]
    finding = words(
        "desk.issue_links_found", link=_name(first.target, home, 60), count=first.readers
    )
    caption = words("desk.issue_per_link")
    head = [words("desk.issue_link"), words("desk.issue_people"), words("desk.issue_clicks")]
    rows = [[one.target, words.number(one.readers), words.number(one.clicks)] for one in links]
    sizes = (Drawing(WIDE, 44 * len(links) + 8), Drawing(NARROW, 44 * len(links) + 8))
    for sheet in sizes:
        room = sheet.width - 60
        for n, link in enumerate(links):
            y = 44.0 * n
            sheet.text((0, y + 14), _name(link.target, home, 90 if sheet.is_wide else 44), "c-s")
            width = room * link.readers / max(1, first.readers)
            sheet.bar((0, y + 20), width, 14, "c-given")
            sheet.text((width + 6, y + 31), words.number(link.readers), "c-b")
    plots = [one.svg("links", caption, finding) for one in sizes]
    return Chart(finding, words("desk.issue_links_drawn"), [Table(caption, head, rows)], plots)


def _name(target: str, home: str, most: int) -> str:
    own = target.removeprefix(home)
    bare = own if own.startswith("/") else target.partition("://")[2] or target
    return bare if len(bare) <= most else f"{bare[: most - 1]}…"
