"""The charts about what goes out and comes back: gifts by week, issues, and the list itself."""

from datetime import tzinfo

from server.desk.report.counting import Week
from server.desk.report.drawing import NARROW, WIDE, Chart, Drawing, Table, nice
from server.desk.report.learning import Band, Mailed
from server.desk.report.shares import HOLLOW, Share
from server.desk.report.words import Words

FULL = 10  # a column of smaller counts does not fill its room: one answer is no long bar
TOLD = 20  # outcomes from which the list is compared with what came true


def week_chart(words: Words, found: list[Week], zone: tzinfo) -> Chart:
    """What was given and came back in each week."""
    caption = words("desk.report_weeks")
    given, returned = (sum(getattr(week, one) for week in found) for one in ("given", "returned"))
    rows = [
        [
            words.day(week.monday.astimezone(zone)),
            words.number(week.given),
            words.number(week.returned),
        ]
        for week in found
    ]
    rows.append([words("desk.report_sum"), words.number(given), words.number(returned)])
    head = [words("desk.head_week"), words("desk.report_given"), words("desk.report_back")]
    table = Table(caption, head, rows)
    finding = words(
        "desk.report_weeks_found", given=words.number(given), returned=words.number(returned)
    )
    # Fifty-two weeks are too long to listen to: the sums, and the rest in the table.
    told = words(
        "desk.report_weeks_told",
        given=words.number(given),
        returned=words.number(returned),
        most=words.number(max(week.given for week in found)),
        last_given=words.number(found[-1].given),
        last_returned=words.number(found[-1].returned),
    )
    sizes = (Drawing(WIDE, 190), Drawing(NARROW, 180))
    for sheet in sizes:
        _draw_weeks(sheet, words, found, zone)
    plots = [one.svg("weeks", caption, told) for one in sizes]
    return Chart(finding, words("desk.report_weeks_drawn"), [table], plots)


def _draw_weeks(sheet: Drawing, words: Words, found: list[Week], zone: tzinfo) -> None:
    left, room = (34, 590) if sheet.is_wide else (28, 306)
    most_given = max(week.given for week in found)
    most_back = max(week.returned for week in found)
    ticks = nice(max(most_given, 4), 3)
    below = [tick for tick in ticks[1:] if tick <= most_back]
    top, bottom = 14.0, float(sheet.height - 22)
    size = (bottom - top - 2) / (
        ticks[-1] + max(most_back, 1)
    )  # one scale on both sides of the line
    middle = top + size * ticks[-1]
    for tick in (*ticks[1:], *(-one for one in below)):
        y = middle - size * tick
        sheet.line([(left, y), (left + room, y)], "c-rule")
        sheet.text((left - 6, y + 4), words.number(abs(tick)), "c-s c-end")
    step, shown = room / len(found), -1
    for n, week in enumerate(found):
        x = left + n * step
        monday = week.monday.astimezone(zone)
        if week.given:
            height = size * week.given
            sheet.bar((x + step * 0.12, middle - height), step * 0.76, height, "c-given")
        if week.returned:
            at = (x + step * 0.12, middle + 2)
            sheet.bar(at, step * 0.76, size * week.returned, "c-returned")
        every = 1 if sheet.is_wide else 3
        if monday.day <= 7 and monday.month % every == 0 and monday.month != shown and n < 50:
            shown = monday.month
            sheet.text((x, bottom + 18), words.month(monday), "c-s")
    sheet.line([(left, middle + 1), (left + room, middle + 1)], "c-base")
    if sheet.is_wide:
        x = left + room + 10
        sheet.text((x, middle - 8), words("desk.report_given_here"), "c-b")
        sheet.text((x, middle + 18), words("desk.report_back_here"), "c-b c-ta")
    else:
        sheet.text((left, 10), words("desk.report_over_under"), "c-s")


def issue_chart(words: Words, found: list[Mailed]) -> Chart:
    """The last issues: delivered, followed links, answered, left."""
    caption = words("desk.report_issues")
    rows = [
        [
            one.name,
            words.number(one.delivered),
            words.number(one.followed),
            _followed(words, one, one.clickers),
            _followed(words, one, one.clicks),
            words.number(one.replies),
            words.number(one.left),
        ]
        for one in found
    ]
    names = ("issue", "delivered", "followed", "clickers", "clicks", "replies", "left")
    head = [words(_ISSUE_HEADS[name]) for name in names]
    table = Table(caption, head, rows)
    if not found:
        return Chart(words("desk.report_no_issues"), words("desk.report_no_issues_how"), [])
    sizes = (Drawing(WIDE, 30 + 26 * len(found)), Drawing(NARROW, 30 + 26 * len(found)))
    for sheet in sizes:
        _draw_issues(sheet, words, found)
    plots = [one.svg("issues", caption, table.told()) for one in sizes]
    drawn = words("desk.report_issues_drawn")
    return Chart(_issue_finding(words, found), drawn, [table], plots)


def _followed(words: Words, one: Mailed, count: int | None) -> str:
    if not one.has_links:
        return words("desk.report_no_links")
    return words("desk.report_few") if count is None else words.number(count)


_ISSUE_HEADS = {
    "issue": "desk.head_issue",
    "delivered": "desk.head_delivered",
    "followed": "desk.head_followed",
    "clickers": "desk.head_clickers",
    "clicks": "desk.head_clicks",
    "replies": "desk.head_replies",
    "left": "desk.head_left",
}


def _issue_finding(words: Words, found: list[Mailed]) -> str:
    """One issue that was surely followed more than each other, or that none was."""
    if not any(one.has_links for one in found):
        return words("desk.report_links_nowhere", count=len(found))
    told = [one for one in found if one.clickers is not None]
    if not told:
        return words("desk.report_issues_few")
    shares = {one.name: Share(one.clickers or 0, one.followed) for one in told}
    if not any(share.part for share in shares.values()):
        return words("desk.report_issues_none", count=len(told))
    best, *others = sorted(shares, key=lambda name: -shares[name].value)
    if (
        others
        and shares[best].is_told
        and all(shares[best].is_above(shares[name]) for name in others)
    ):
        return words("desk.report_issues_best", name=best)
    return words("desk.report_issues_same", count=len(told))


def _draw_issues(sheet: Drawing, words: Words, found: list[Mailed]) -> None:
    """A column for each figure, with a scale of its own: bars compare within a column only."""
    left = 64
    room = (sheet.width - left) / 4
    columns = (
        ("delivered", "desk.head_delivered", "c-given"),
        ("clickers", "desk.head_clickers_short", "c-returned"),
        ("replies", "desk.head_replies", "c-returned"),
        ("left", "desk.head_left", "c-given"),
    )
    for n, (name, head, look) in enumerate(columns):
        x = left + n * room
        sheet.text((x, 14), words(head), "c-s")
        counts = [getattr(one, name) for one in found]
        most = max(FULL, *(count or 0 for count in counts))
        for place, count in enumerate(counts):
            y = 26 + 26 * place
            width = (room - 44) * count / most if count else 0
            if width:
                sheet.bar((x, y), max(width, 1.5), 12, look)
            told = "–" if count is None else words.number(count)
            sheet.text((x + width + (6 if width else 0), y + 10), told, "c-t")
    for place, one in enumerate(found):
        sheet.text((0, 36 + 26 * place), one.name, "c-t")


def band_chart(words: Words, found: list[Band]) -> Chart:
    """Whether the chance on the list came true."""
    caption, total = words("desk.report_bands"), sum(band.won.whole for band in found)
    rows = [
        [
            f"{words.number(100 * band.low)}–{words.percent(band.high)}",
            words.number(band.won.whole),
            words.number(band.won.part),
            words.percent(band.expected),
            words.case(band.won),
        ]
        for band in found
    ]
    head = [
        words("desk.head_band"),
        words("desk.head_outcomes"),
        words("desk.report_won"),
        words("desk.head_expected"),
        words("desk.head_came_true"),
    ]
    table = Table(caption, head, rows)
    if total < TOLD:
        few = words("desk.report_bands_few", count=total)
        return Chart(few, words("desk.report_bands_why", least=TOLD), [table] if rows else [])
    sizes = (Drawing(WIDE, 320), Drawing(NARROW, 320))
    for sheet in sizes:
        _draw_bands(sheet, words, found)
    plots = [one.svg("bands", caption, table.told()) for one in sizes]
    drawn = words("desk.report_bands_drawn", count=total)
    return Chart(_band_finding(words, found), drawn, [table], plots)


def _band_finding(words: Words, found: list[Band]) -> str:
    solid = [band for band in found if band.won.whole >= HOLLOW]
    if not solid:
        return words("desk.report_bands_thin")
    above = any(band.expected < band.won.interval[0] for band in solid)
    below = any(band.expected > band.won.interval[1] for band in solid)
    if above and below:
        return words("desk.report_bands_off")
    if above:
        return words("desk.report_bands_modest")
    return words("desk.report_bands_too_much") if below else words("desk.report_bands_true")


def _draw_bands(sheet: Drawing, words: Words, found: list[Band]) -> None:
    left, top, size = 46.0, 26.0, 240.0
    highest = max(max(band.expected, band.won.interval[1]) for band in found)
    ticks = nice(100 * highest, 4)

    def at(expected: float, came: float) -> tuple[float, float]:
        scale = size / ticks[-1] * 100
        return left + expected * scale, top + size - came * scale

    for tick in ticks:
        x, y = at(tick / 100, tick / 100)
        sheet.line([(left, y), (left + size, y)], "c-rule" if tick else "c-base")
        sheet.text((left - 6, y + 4), words.percent(tick / 100), "c-s c-end")
        sheet.text((x, top + size + 16), words.percent(tick / 100), "c-s c-mid")
    sheet.line([at(0, 0), at(ticks[-1] / 100, ticks[-1] / 100)], "c-dash")
    for band in found:
        low, high = band.won.interval
        sheet.line([at(band.expected, low), at(band.expected, high)], "c-wh")
        look = "c-hollow" if band.won.whole < HOLLOW else "c-pt"
        sheet.dot(at(band.expected, band.won.value), look, 4.5)
    sheet.text((0, 12), words("desk.head_came_true"))
    sheet.text((left, top + size + 38), words("desk.report_bands_axis"))
    if sheet.is_wide:
        sheet.line([(330, 56), (352, 56)], "c-dash")
        sheet.text((362, 60), words("desk.report_bands_exact"))
        sheet.dot((341, 84), "c-pt", 4.5)
        sheet.text((362, 88), words("desk.report_bands_solid"))
        sheet.dot((341, 112), "c-hollow", 4.5)
        sheet.text((362, 116), words("desk.report_bands_hollow"))
