"""The worker: every job of every room in turn, until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from functools import partial
from time import monotonic
from zoneinfo import ZoneInfo

import uvloop

from server.api import jobs as api_jobs
from server.contact import jobs as contact_jobs
from server.contact.asking import Reception
from server.desk import jobs as desk_jobs
from server.gifts import jobs as gifts_jobs
from server.kit.clock import now
from server.kit.database import close_database, open_database
from server.kit.house import HouseFile
from server.kit.migrations import MigrationError, ready_schema
from server.kit.running import AlreadyRunningError, end_with_parent, hold_as_worker
from server.kit.settings import SettingError, Settings, load_settings
from server.kit.site import Site
from server.kit.text import say
from server.leads import jobs as leads_jobs
from server.library.assets import Library
from server.mail import gate
from server.mail import jobs as mail_jobs
from server.mail.inbound import Reader
from server.mail.inbound_imap import Mailbox
from server.mail.inbound_listener import Door, door, listening
from server.mail.leases import take_back_leases
from server.mail.letters import Letters
from server.mail.postman import Postman
from server.mail.sending import Sender
from server.newsletter import jobs as newsletter_jobs
from server.newsletter.issuing import Editor
from server.newsletter.tips import Tips
from server.privacy import jobs as privacy_jobs
from server.readiness import jobs as readiness_jobs
from server.readiness.keeping import Judge, make_judge
from server.sales import jobs as sales_jobs
from server.sales.loyalty_file import LoyaltyFile
from server.sales.runs import Intake
from server.sales.surprises import Shop

log = logging.getLogger("givefirst.worker")

REST = 0.5  # seconds, when nothing was to do
HOUR = 3600.0
FETCH = 30.0  # seconds between two looks into our mailbox
AFTER_FAULT = 5.0


@dataclass
class Job:
    """One job: `every` seconds between two looks (0: each turn); a fault rests this job alone.

    One that goes `beside` the others has a loop of its own and is no longer than they are.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    every: float = 0.0
    next_at: float = 0.0
    beside: bool = False


def all_jobs(settings: Settings, sender: Sender | None = None) -> list[Job]:
    """Every job of the product over these settings."""
    site = Site(settings.base_url, settings.secrets)
    sender = sender or Sender(settings, site)
    house, library = HouseFile(settings.content), Library(settings.content)
    letters, tips = Letters(settings.email_templates), Tips(settings.content)

    async def judge() -> Judge:
        return await make_judge(library.kinds())

    def editor() -> Editor:
        return Editor(site, house.fresh(), letters, tips, settings.timezone)

    def postman() -> Postman:
        return Postman(site, house.fresh(), letters)

    def reception() -> Reception:
        own = site, house.fresh(), letters
        return Reception(*own, settings.timezone, settings.language)

    zone, language = settings.timezone, settings.language
    intake = Intake(site, judge, zone, language, house.fresh)
    return [
        *_mail_jobs(settings, sender, postman),
        Job("issues", lambda: newsletter_jobs.queue_deliveries(editor())),
        Job("rhythm", lambda: newsletter_jobs.keep_rhythm(editor()), every=5),
        Job("replies", lambda: contact_jobs.take_replies(reception())),
        Job("breaker", lambda: newsletter_jobs.halt_bad(editor()), every=20),
        Job("sequences", lambda: newsletter_jobs.walk_sequences(editor()), every=1),
        Job("who joins", lambda: newsletter_jobs.start_sequences(editor()), every=60),
        Job("scores", partial(readiness_jobs.score_new, judge)),
        Job("due scores", partial(readiness_jobs.check_due, judge), every=60),
        Job(
            "tables",
            partial(sales_jobs.work_on_tables, intake),
            every=1,
        ),
        Job("old tables", sales_jobs.forget_tables, every=HOUR),
        Job("liked", lambda: gifts_jobs.ask_liked(postman(), library), every=60),
        Job("effects", desk_jobs.settle_effects, every=HOUR),
        Job("unconfirmed", lambda: leads_jobs.forget_unconfirmed(house.fresh()), every=HOUR),
        Job("quiet leads", lambda: privacy_jobs.ask_quiet(postman()), every=HOUR),
        Job("forgotten", lambda: privacy_jobs.forget_quiet(postman(), settings.data), every=HOUR),
        Job("traces", privacy_jobs.forget_traces, every=60),
        *_gift_jobs(postman, library, settings.timezone),
        *_circle_jobs(settings, postman, library),
        Job("sweep", lambda: privacy_jobs.sweep(settings.timezone), every=HOUR),
    ]


def _circle_jobs(settings: Settings, postman: Callable[[], Postman], library: Library) -> list[Job]:
    """What follows a purchase, and what the API keeps for a day."""
    loyalty = LoyaltyFile(settings.content, library)

    def shop() -> Shop:
        zone = settings.timezone
        return Shop(postman(), library, zone, now().astimezone(zone).date(), settings.language)

    def join() -> Awaitable[int]:
        giver = postman()
        return sales_jobs.join_purchases(giver.site, giver.house)

    return [
        Job("thanks", lambda: sales_jobs.give_thanks(shop(), loyalty.fresh()), every=60),
        Job("waiting purchases", join, every=600),
        Job("old calls", api_jobs.forget_calls, every=HOUR),
    ]


def _gift_jobs(postman: Callable[[], Postman], library: Library, zone: ZoneInfo) -> list[Job]:
    """What becomes due of what was given."""
    return [
        Job("trials", lambda: gifts_jobs.remind_of_trials(postman(), library, zone), every=60),
        Job("ended trials", lambda: gifts_jobs.end_trials(postman(), library, zone), every=60),
        Job("webinars", lambda: gifts_jobs.remind_of_webinars(postman(), library, zone), every=60),
        Job("parcels", gifts_jobs.forget_parcels, every=HOUR),
    ]


def _mail_jobs(settings: Settings, sender: Sender, postman: Callable[[], Postman]) -> list[Job]:
    """What goes out, what comes in, and what is left lying."""
    box, zone = Mailbox(settings.imap_url), settings.timezone
    return [
        Job("mail", partial(mail_jobs.send_due, sender), beside=True),
        Job("mail to lists", partial(mail_jobs.send_lists, sender), beside=True),
        Job("mailbox", partial(mail_jobs.fetch_mail, box), every=FETCH, beside=True),
        Job("arrivals", lambda: mail_jobs.read_arrivals(Reader(settings, postman()))),
        Job("old arrivals", mail_jobs.forget_arrivals, every=HOUR),
        Job("leases", mail_jobs.take_back, every=10),
        Job("gate", partial(mail_jobs.mind_gate, settings), every=60),
        Job("mail to look at", lambda: mail_jobs.tell_of_doubts(postman(), zone), every=HOUR),
    ]


async def run_turn(jobs: list[Job]) -> int:
    """Each job that is due once; how many units were done."""
    done = 0
    for job in jobs:
        if monotonic() < job.next_at:
            continue
        try:
            done += await job.run()
            job.next_at = monotonic() + job.every if job.every else 0.0
        except Exception:
            # One broken job rests; the others go on. Nothing personal goes to the log.
            log.exception("job %s failed; next try in %d s", job.name, AFTER_FAULT)
            job.next_at = monotonic() + AFTER_FAULT
    return done


async def run(settings: Settings, where: Door | None = None) -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished first.

    `where`: take mail in there as well.
    """
    stop = asyncio.Event()
    sender = Sender(settings, Site(settings.base_url, settings.secrets))

    def end() -> None:
        stop.set()
        sender.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    await open_database(settings)
    try:
        # Before the first mail: this may be a copy of a database that sends elsewhere.
        await gate.look(settings)
        await gate.warn_if_shut()
        if settings.is_sqlite:
            # A lone worker: whatever is leased now was left by one that died.
            await take_back_leases(alone=True)
        jobs = all_jobs(settings, sender)
        loops = [[job] for job in jobs if job.beside]
        async with AsyncExitStack() as stack:
            if where:
                await _let_in(stack, settings, where)
            await asyncio.gather(
                *(_turn(own, stop) for own in [*loops, [job for job in jobs if not job.beside]])
            )
    finally:
        await close_database()


async def _turn(jobs: list[Job], stop: asyncio.Event) -> None:
    while not stop.is_set():
        if not await run_turn(jobs):
            await _rest(stop)


async def _let_in(stack: AsyncExitStack, settings: Settings, where: Door) -> None:
    site = Site(settings.base_url, settings.secrets)
    house = HouseFile(settings.content).fresh()
    reader = Reader(settings, Postman(site, house, Letters(settings.email_templates)))
    try:
        port = await stack.enter_async_context(listening(reader, where))
    except OSError as error:
        values = {"place": f"{where.host}:{where.port}", "why": error.strerror or str(error)}
        sys.exit(say(settings.language, "mail.inbound_taken", **values))
    log.info("taking mail in on %s:%d", where.host, port)


async def _rest(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), REST)
    except TimeoutError:
        return


def main() -> None:
    """`python -m server.worker [--child] [--inbound PLACE]`: a child ends with its parent."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for noisy in ("tortoise", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if "--child" in sys.argv:
        end_with_parent()
    try:
        settings = load_settings()
        asyncio.run(ready_schema(settings))
    except SettingError as error:
        sys.exit(str(error))
    except MigrationError as error:
        sys.exit(error.text(settings.language))
    place = sys.argv[sys.argv.index("--inbound") + 1] if "--inbound" in sys.argv else ""
    with ExitStack() as stack:
        try:
            if settings.is_sqlite:
                stack.enter_context(hold_as_worker(settings.data))
            uvloop.run(run(settings, door(place) if place else None))
        except AlreadyRunningError:
            sys.exit(say(settings.language, "kit.worker_waits", data=settings.data))
        except SettingError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
