"""The weekly tip: sign-up, archive, feed, confirming and leaving."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.kit.addresses import AddressError, normalise
from server.kit.text import other, say
from server.leads import tracking_consent
from server.leads.subscribing import Asked
from server.library.cards import card
from server.mail import following
from server.mail.postman import Postman
from server.newsletter import issuing, joining, wishes
from server.newsletter.tips import Tip
from server.tracking.evidence import WAY_OUT
from server.web.errors import NotFoundError, RefusedError
from server.web.feeds import Entry, feed
from server.web.forms import EvenAnswer, is_foreign, read_form, read_values
from server.web.limits import short_network
from server.web.pictures import picture
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor


async def public_tips(request: Request, language: str) -> list[Tip]:
    """What all may read in a language, newest first."""
    return await issuing.public_tips(request.app.state.tips, language, request.app.state.today())


async def overview(request: Request) -> Response:
    """What it is, the latest tips, and the form."""
    if request.query_params.get("sent"):
        return page(request, "newsletter/sent.html")
    return await _overview(request, {"email": "", "name": "", "error": ""})


async def _overview(request: Request, form: dict[str, Any], status: int = 200) -> Response:
    tips = await public_tips(request, request.path_params["lang"])
    return page(request, "newsletter/newsletter.html", status=status, tips=tips, **form)


async def sign_up(request: Request) -> Response:
    """Take the form; the page after it is the same for everybody."""
    if is_foreign(request):
        raise RefusedError(403)
    language, state = request.path_params["lang"], request.app.state
    form = await read_form(request)
    name = " ".join(form.get("name", "").split())[:120]
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        given = {"email": form.get("email", "")[:254], "name": name}
        return await _overview(request, {**given, "error": "web.address_wrong"}, 422)
    path = f"/{language}/newsletter"
    if not form.get("website"):
        wording = say(language, "newsletter.consent", house=state.house.fresh().name)
        asked = Asked(wording, path, short_network(request))
        host = Postman.of(state)
        async with EvenAnswer():
            await joining.sign_up(host, email, name, language, asked, "newsletter")
    return RedirectResponse(f"{path}?sent=1", 303)


async def tip(request: Request) -> Response:
    """One tip in the archive."""
    tips, place = await _place(request)
    found, state = tips[place], request.app.state
    author = found.author or state.house.fresh().host_name
    return page(
        request,
        "newsletter/tip.html",
        tip=found,
        before=tips[place + 1] if place + 1 < len(tips) else None,
        books=state.library.by_author(author, found.language, state.today()),
        elsewhere=await _is_public(request, found.issue, other(found.language)),
    )


async def tip_card(request: Request) -> Response:
    """The picture beside a link to a tip."""
    tips, place = await _place(request)
    found, state = tips[place], request.app.state
    line = say(found.language, "newsletter.tip_number", number=found.number)
    drawn = card(found.subject, line, state.house.fresh())
    return picture(await state.workshop.card(f"tip-{found.issue}", found.language, drawn))


async def _place(request: Request) -> tuple[list[Tip], int]:
    tips = await public_tips(request, request.path_params["lang"])
    name = request.path_params["issue"]
    place = next((n for n, one in enumerate(tips) if one.issue == name), None)
    if place is None:
        raise NotFoundError
    return tips, place


async def _is_public(request: Request, issue: str, language: str) -> bool:
    return any(one.issue == issue for one in await public_tips(request, language))


async def tips_feed(request: Request) -> Response:
    """The tips as an Atom feed."""
    language = request.path_params.get("lang") or request.app.state.settings.language
    request.state.language = language
    host = request.app.state.house.fresh().host_name or request.app.state.house.fresh().name
    entries = [
        Entry(
            title=one.subject,
            path=one.path,
            updated=one.published.isoformat() if one.published else "2026-01-01",
            author=one.author or host,
            summary=one.preview,
            html=one.html(),
        )
        for one in await public_tips(request, language)
    ]
    return feed(request, say(language, "web.tip"), f"/{language}/newsletter", entries)


async def show_confirm(request: Request) -> Response:
    """A button: mail scanners open links, only people press buttons."""
    wish = await _wish(request)
    lead, token = wish.lead, request.path_params["token"]
    if not wish.confirmed_at:
        return page(request, "newsletter/confirm.html", slim=True, token=token)
    tips = await public_tips(request, lead.language)
    choice = tracking_consent.choice_of(
        lead,
        lead.language,
        request.app.state.house.fresh().name,
        asked=tracking_consent.may_ask(lead, visitor(request)),
    )
    return page(
        request,
        "newsletter/confirmed.html",
        slim=True,
        token=token,
        tip=tips[0] if tips else None,
        choice=choice,
    )


async def confirm(request: Request) -> Response:
    """The button."""
    wish = await _wish(request)
    await joining.confirm(wish)
    return RedirectResponse(f"/confirm/{request.path_params['token']}", 303)


async def follow(request: Request) -> Response:
    """Whether we may see what they do with the tip: the box after the button, or taking it back."""
    wish = await _wish(request)
    if not wish.confirmed_at:
        raise NotFoundError
    lead, form = wish.lead, await read_form(request)
    place = tracking_consent.Place(
        lead.language,
        request.app.state.house.fresh().name,
        "/confirm",
        short_network(request),
        "button after signing up",
    )
    asked = tracking_consent.may_ask(lead, visitor(request))
    await tracking_consent.take(lead, form, place, asked=asked)
    return RedirectResponse(f"/confirm/{request.path_params['token']}", 303)


async def _wish(request: Request) -> Any:
    state = request.app.state
    wish = await joining.wish_of(state.site, request.path_params["token"], state.house.fresh())
    if not wish:
        raise NotFoundError
    request.state.language = wish.lead.language
    return wish


async def show_unsubscribe(request: Request) -> Response:
    """A button; who comes from a mail program's own button never sees it."""
    who = await _leaving(request)
    # Who opens every link of a mail opens this one too: it tells a scanner, and is never scored.
    if who.delivery:
        await following.note(who.delivery, WAY_OUT, 0, visitor(request))
    return _way_out(request, who)


def _way_out(request: Request, who: joining.Leaving, **said: Any) -> Response:
    """The page with every way to get less: what was just done is said above it."""
    wish, house = who.subscription, request.app.state.house.fresh()
    facts = {
        "gone": not wish or bool(wish.ended_at),
        "paused": False,
        "done": "",
        "error": "",
        "wish": wish if wish and wish.confirmed_at else None,
        "chosen": wishes.topics_of(wish, house) if wish else [],
    }
    return page(
        request,
        "newsletter/unsubscribe.html",
        slim=True,
        token=request.path_params["token"],
        **{**facts, **said},
    )


async def unsubscribe(request: Request) -> Response:
    """The button and the one click of RFC 8058: no redirect, no cookie, any number of times."""
    who = await _leaving(request)
    form = await read_form(request)
    do = form.get("do", "")
    if do == "pause":
        await joining.pause(who)
        return _way_out(request, who, gone=False, paused=True)
    if do in WISHES:
        return await _wish_for(request, who, do)
    one_click = form.get("List-Unsubscribe") == "One-Click"
    proof = "one click in the mail program" if one_click else "button"
    language = who.lead.language if who.lead else "nl"
    wording = say(language, "newsletter.leave_lead")
    await joining.leave(who, visitor(request), wording, proof)
    return _way_out(request, who, gone=True)


# What they may want instead of leaving: what is said after it, and when it cannot be.
WISHES = {
    "every": ("newsletter.done_every", "newsletter.error_every"),
    "topics": ("newsletter.done_topics", "newsletter.error_topics"),
    "language": ("newsletter.done_language", "newsletter.error_language"),
}


async def _wish_for(request: Request, who: joining.Leaving, do: str) -> Response:
    lead, wish, form = who.lead, who.subscription, await read_form(request)
    if not lead or not wish or wish.ended_at:
        return _way_out(request, who)
    if do == "every":
        kept = await wishes.want_every(lead, wish, form.get("every", ""))
    elif do == "topics":
        topics = await read_values(request, "topic")
        kept = await wishes.want_topics(lead, wish, topics, request.app.state.house.fresh())
    else:
        kept = await wishes.speak(lead, form.get("language", ""))
    fresh = await _leaving(request)
    done, error = WISHES[do]
    said = {"done": done} if kept else {"error": error, "status": 422}
    return _way_out(request, fresh, **said)


async def _leaving(request: Request) -> joining.Leaving:
    who = await joining.leaving(request.app.state.site, request.path_params["token"])
    if not who:
        raise NotFoundError
    if who.lead:
        request.state.language = who.lead.language
    return who


routes = [
    Route(
        "/{lang:lang}/newsletter",
        overview,
        name="newsletter:overview",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/newsletter",
        sign_up,
        name="newsletter:sign_up",
        methods=["POST"],
        role="public",
    ),
    Route(
        "/{lang:lang}/newsletter/feed.xml",
        tips_feed,
        name="newsletter:feed",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/feed.xml",
        tips_feed,
        name="newsletter:main_feed",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/newsletter/{issue}/card.png",
        tip_card,
        name="newsletter:card",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/{lang:lang}/newsletter/{issue}",
        tip,
        name="newsletter:tip",
        methods=["GET"],
        role="public",
        keeps=(),
    ),
    Route(
        "/confirm/{token}",
        show_confirm,
        name="newsletter:show_confirm",
        methods=["GET"],
        role="token",
    ),
    Route("/confirm/{token}", confirm, name="newsletter:confirm", methods=["POST"], role="token"),
    Route(
        "/confirm/{token}/following",
        follow,
        name="newsletter:follow",
        methods=["POST"],
        role="token",
    ),
    Route(
        "/unsubscribe/{token}",
        show_unsubscribe,
        name="newsletter:show_unsubscribe",
        methods=["GET"],
        role="token",
    ),
    Route(
        "/unsubscribe/{token}",
        unsubscribe,
        name="newsletter:unsubscribe",
        methods=["POST"],
        role="token",
    ),
]
