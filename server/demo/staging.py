"""Where and when the year plays: the house, its library and tips, and the days up to today."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from server.demo.measuring import judged
from server.demo.worlds import YEAR, Act, Mailing, Person, Piece, World
from server.kit.clock import days, now
from server.kit.house import House, HouseFile
from server.kit.settings import Settings
from server.kit.site import Site
from server.library.assets import Asset, Library
from server.mail.letters import Letters
from server.newsletter.issuing import Editor, letter_of
from server.newsletter.tips import Tips
from server.tracking.evidence import Verdict

MORNING, AWAKE = 7.0, 15.5  # hours: people do things between seven and half past ten


@dataclass(frozen=True)
class Stage:
    """What filling needs; `midnight` is the start of today by the clock of the house."""

    site: Site
    house: House
    library: Library
    editor: Editor
    zone: ZoneInfo
    today: date
    midnight: datetime

    @property
    def start(self) -> datetime:
        """When the year began."""
        return self.midnight - timedelta(days=YEAR)

    def moment(self, at: float) -> datetime:
        """A day of the world as a moment at which people are awake."""
        day, part = divmod(at, 1)
        return self.start + timedelta(days=day, hours=MORNING + AWAKE * part)

    def mailed(self, at: float) -> datetime:
        """The same for what happens right after a mail, to the second."""
        return self.start + timedelta(days=at)

    def office(self, ago: float) -> datetime:
        """So many days ago, on a working day and in working hours; never today."""
        day, part = divmod(YEAR - ago, 1)
        moment = self.start + timedelta(days=day, hours=9 + 8 * part)
        weekend = max(0, moment.astimezone(self.zone).weekday() - 4)
        return moment - timedelta(days=weekend)

    def days_of(self, moment: datetime) -> float:
        """A moment as a day of the world."""
        return (moment - self.start) / timedelta(days=1)

    def asset(self, slug: str, language: str) -> Asset:
        """The edition that somebody gets."""
        found = self.library.find(slug, language)
        if not found:
            raise LookupError(slug)
        return found

    def mark(self, purpose: str, text: str) -> str:
        """What stands for a network or a browser in the log."""
        return self.site.fingerprint(purpose, text)

    def pieces(self) -> list[Piece]:
        """What is published and given to an address, in an order of its own."""
        found = {
            asset.slug: len(asset.chapters)
            for asset in self.library.all()
            if asset.is_book and asset.asks_address and asset.published <= self.today
        }
        return [Piece(slug, found[slug]) for slug in sorted(found)]

    def mailings(self) -> list[Mailing]:
        """The tips of the past year that have a text, each sent on its day."""
        found = []
        for name, editions in self.editor.tips.issues().items():
            published = [tip for tip in editions if tip.published and tip.published < self.today]
            if published and published[0].published:
                slot = datetime.combine(published[0].published, self.house.tip_time, self.zone)
                links = len(letter_of(self.editor, published[0]).links)
                found.append(Mailing(name, self.days_of(slot), links))
        return [mailing for mailing in found if mailing.at > 0]


def make_stage(settings: Settings) -> Stage:
    """The stage of these settings, today."""
    house = HouseFile(settings.content).fresh()
    site = Site(settings.base_url, settings.secrets)
    letters, tips = Letters(settings.email_templates), Tips(settings.content)
    today = now().astimezone(settings.timezone).date()
    return Stage(
        site,
        house,
        Library(settings.content),
        Editor(site, house, letters, tips, settings.timezone),
        settings.timezone,
        today,
        datetime.combine(today, time(0), settings.timezone),
    )


@dataclass(frozen=True)
class Done:
    """An act at its moment, with what the rules of evidence say of it."""

    at: datetime
    act: Act
    verdict: Verdict


def placed(stage: Stage, person: Person, world: World) -> list[Done]:
    """What somebody did, at its moment and judged there, in the order of time."""
    moved = []
    for act in person.acts:
        moment = stage.mailed(act.at) if act.mailing else stage.moment(act.at)
        moved.append((moment, replace(act, at=days(moment))))
    moved.sort(key=lambda pair: pair[0])
    verdicts = judged(replace(person, acts=[act for _, act in moved]), world)
    return [
        Done(moment, act, verdict)
        for (moment, _), (act, verdict) in zip(moved, verdicts, strict=True)
    ]


def number_of(*parts: object) -> int:
    """A number that follows from some words, for what looks like chance and is not."""
    return int.from_bytes(sha256("\n".join(map(str, parts)).encode()).digest()[:4], "big")
