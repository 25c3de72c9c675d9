"""How often landing pages were opened in the year: counts, as the site itself keeps them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from server.demo.people import Life
from server.demo.shelving import add, mark
from server.demo.staging import Stage, number_of
from server.tracking.models import PageView

Place = tuple[date, str]


async def open_pages(stage: Stage, lives: Sequence[Life]) -> None:
    """Who asked opened the page first, and far more people looked and asked nothing.

    Up to and with yesterday, so that no row is shared with a visit of today.
    """
    people = _openings(stage, lives)
    taken = {(view.day, view.path) for view in await PageView.all()}
    views = [
        PageView(day=day, path=path, people=count, machines=_machines(day, path, count))
        for (day, path), count in sorted(people.items())
        if day < stage.today and (day, path) not in taken
    ]
    before = await PageView.all().order_by("-id").first()
    await add(views)
    made = PageView.filter(id__gt=before.id) if before else PageView.all()
    await mark("page_view", [int(str(one)) for one in await made.values_list("id", flat=True)])


def _openings(stage: Stage, lives: Sequence[Life]) -> Counter[Place]:
    found: Counter[Place] = Counter()
    for life in lives:
        for gift in (done for done in life.done if done.act.kind == "gift.taken"):
            day = gift.at.astimezone(stage.zone).date()
            path = stage.asset(gift.act.subject, life.figure.language).path
            # One in some twenty who look at a page asks for what is on it.
            found[day, path] += 12 + number_of("looked", life.figure.email, path) % 17
    return found


def _machines(day: date, path: str, people: int) -> int:
    return 1 + number_of("machines", day, path) % 4 + people // 5
