"""The person's own page: seeing, choosing, taking along, erasing; and getting the link to it."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import giving
from server.kit.addresses import AddressError, normalise
from server.kit.clock import now
from server.kit.text import say
from server.leads import tracking_consent
from server.leads.models import Lead
from server.leads.timezones import zones
from server.leads.tracking_consent import Place
from server.mail.postman import Postman
from server.newsletter.wishes import topics_of
from server.privacy import choices, erasing, holdings, own
from server.privacy.choices import GoneError
from server.privacy.sheet import sheet_of
from server.readiness.objecting import switch_profiling
from server.sales.loyalty_file import link_of
from server.sales.rows import View, make_view
from server.web.errors import NotFoundError, RefusedError, row_number
from server.web.forms import EvenAnswer, is_foreign, read_form, read_values
from server.web.limits import short_network
from server.web.rendering import page
from server.web.routing import Route
from server.web.visitor import visitor

# Where on the page one comes back after a choice, and what is said there.
DONE = {
    "pause": ("post", "privacy.done_pause"),
    "resume": ("post", "privacy.done_resume"),
    "leave": ("post", "privacy.done_leave"),
    "language": ("post", "privacy.done_language"),
    "every": ("post", "newsletter.done_every"),
    "topics": ("post", "newsletter.done_topics"),
    "timezone": ("post", "privacy.done_timezone"),
    "correct": ("held", "privacy.done_correct"),
    "profiling-off": ("thought", "privacy.done_off"),
    "profiling-on": ("thought", "privacy.done_on"),
    "keep": ("post", "privacy.done_keep"),
    "following": ("consents", "privacy.done_following"),
    "questions-off": ("post", "privacy.done_questions_off"),
    "questions-on": ("post", "privacy.done_questions_on"),
    "unquote": ("returned", "privacy.done_unquote"),
}
LONGEST = {"name": 120, "company": 160, "role": 120}
Form = dict[str, str]


async def _owner(request: Request) -> Lead:
    """Whose page this is; wrong, too old and erased are the same 404."""
    lead = await own.owner_of(request.app.state.site, request.path_params["token"])
    if not lead:
        raise NotFoundError
    request.state.language = lead.language
    return lead


async def _view(request: Request, lead: Lead) -> View:
    state = request.app.state
    return await make_view(state.library, lead.language, state.settings.timezone)


def _postman(request: Request) -> Postman:
    state = request.app.state
    return Postman.of(state)


async def show(request: Request) -> Response:
    """Everything we know, and every choice there is."""
    return await _page(request, await _owner(request))


async def _page(request: Request, lead: Lead, error: str = "", status: int = 200) -> Response:
    state = request.app.state
    part, done = DONE.get(request.query_params.get("done", ""), ("", ""))
    has_card = bool(lead.customer_since and state.loyalty.fresh())
    sheet = await sheet_of(lead, state.site, state.library, await _view(request, lead))
    return page(
        request,
        "privacy/me.html",
        status=status,
        slim=True,
        sheet=sheet,
        lead=lead,
        now=now(),
        path=f"/me/{request.path_params['token']}",
        done=done,
        done_at=part,
        error=error,
        chosen=topics_of(sheet.tips, state.house.fresh()) if sheet.tips else [],
        zones=zones(),
        link_days=own.LINK_DAYS,
        card_link=link_of(state.site, lead) if has_card else "",
        choice=tracking_consent.choice_of(
            lead,
            lead.language,
            state.house.fresh().name,
            asked=tracking_consent.may_ask(lead, visitor(request)),
        ),
    )


async def choose(request: Request) -> Response:
    """One of the choices; what cannot be done is said on the page itself."""
    lead, form = await _owner(request), await read_form(request)
    do = form.get("do", "")
    if do not in CHOICES:
        return await _page(request, lead, "privacy.error_choice", 422)
    try:
        return await CHOICES[do](request, lead, form)
    except GoneError:
        raise NotFoundError from None


def _back(request: Request, do: str) -> Response:
    return RedirectResponse(f"/me/{request.path_params['token']}?done={do}#{DONE[do][0]}", 303)


async def _pause(request: Request, lead: Lead, form: Form) -> Response:
    await choices.pause(lead.id)
    return _back(request, "pause")


async def _resume(request: Request, lead: Lead, form: Form) -> Response:
    await choices.resume(lead.id)
    return _back(request, "resume")


async def _leave(request: Request, lead: Lead, form: Form) -> Response:
    await choices.leave(lead.id, visitor(request))
    return _back(request, "leave")


async def _speak(request: Request, lead: Lead, form: Form) -> Response:
    if not await choices.speak(lead.id, form.get("language", "")):
        return await _page(request, lead, "privacy.error_language", 422)
    return _back(request, "language")


async def _every(request: Request, lead: Lead, form: Form) -> Response:
    if not await choices.want_every(lead.id, form.get("every", "")):
        return await _page(request, lead, "privacy.error_choice", 422)
    return _back(request, "every")


async def _topics(request: Request, lead: Lead, form: Form) -> Response:
    house, topics = request.app.state.house.fresh(), await read_values(request, "topic")
    if not await choices.want_topics(lead.id, topics, house):
        return await _page(request, lead, "newsletter.error_topics", 422)
    return _back(request, "topics")


async def _timezone(request: Request, lead: Lead, form: Form) -> Response:
    if not await choices.live_in(lead.id, form.get("timezone", "")):
        return await _page(request, lead, "privacy.error_timezone", 422)
    return _back(request, "timezone")


async def _correct(request: Request, lead: Lead, form: Form) -> Response:
    given = {name: " ".join(form.get(name, "").split())[:most] for name, most in LONGEST.items()}
    await choices.correct(lead.id, **given)
    return _back(request, "correct")


async def _object(request: Request, lead: Lead, form: Form) -> Response:
    await switch_profiling(lead.id, (await _view(request, lead)).judge, off=True)
    return _back(request, "profiling-off")


async def _allow(request: Request, lead: Lead, form: Form) -> Response:
    await switch_profiling(lead.id, (await _view(request, lead)).judge, off=False)
    return _back(request, "profiling-on")


async def _stay(request: Request, lead: Lead, form: Form) -> Response:
    await choices.stay(lead.id)
    return _back(request, "keep")


async def _renew(request: Request, lead: Lead, form: Form) -> Response:
    state = request.app.state
    days = state.house.fresh().gift_link_days
    gift = await choices.renew(lead.id, form.get("gift", ""), days)
    if not gift:
        return await _page(request, lead, "privacy.error_choice", 422)
    return RedirectResponse(f"/gift/{state.site.token(giving.PURPOSE, gift.id)}", 303)


async def _erase(request: Request, lead: Lead, form: Form) -> Response:
    if form.get("sure") != "yes":
        return await _page(request, lead, "privacy.error_sure", 422)
    state = request.app.state
    await erasing.erase(state.site, state.settings.data, lead.id)
    return RedirectResponse(f"/{lead.language}/my-page?erased=1", 303)


async def _follow(request: Request, lead: Lead, form: Form) -> Response:
    asked = tracking_consent.may_ask(lead, visitor(request))
    if form.get("do") == "following" and not (asked and "following" in form):
        return await _page(request, lead, "privacy.error_follow", 422)
    house = request.app.state.house.fresh().name
    place = Place(lead.language, house, choices.PAGE, short_network(request), "button")
    await choices.follow(lead.id, form, place)
    return _back(request, "following")


async def _no_questions(request: Request, lead: Lead, form: Form) -> Response:
    await choices.want_questions(lead.id, wanted=False)
    return _back(request, "questions-off")


async def _questions(request: Request, lead: Lead, form: Form) -> Response:
    await choices.want_questions(lead.id, wanted=True)
    return _back(request, "questions-on")


async def _unquote(request: Request, lead: Lead, form: Form) -> Response:
    network = short_network(request)
    if not await choices.take_back_quote(lead.id, form.get("gift", ""), network):
        return await _page(request, lead, "privacy.error_choice", 422)
    return _back(request, "unquote")


Choice = Callable[[Request, Lead, Form], Awaitable[Response]]
CHOICES: dict[str, Choice] = {
    "pause": _pause,
    "resume": _resume,
    "leave": _leave,
    "language": _speak,
    "every": _every,
    "topics": _topics,
    "timezone": _timezone,
    "correct": _correct,
    "profiling-off": _object,
    "profiling-on": _allow,
    "keep": _stay,
    "renew": _renew,
    "following": _follow,
    "stop": _follow,
    "questions-off": _no_questions,
    "questions-on": _questions,
    "unquote": _unquote,
    "erase": _erase,
}


async def erase_lead(request: Request) -> Response:
    """On request of the lead, by a colleague: as if they had pressed the button themselves."""
    form, number = await read_form(request), row_number(request)
    if not await Lead.exists(id=number):
        raise NotFoundError
    if form.get("sure") != "yes":
        return RedirectResponse(f"/desk/leads/{number}?unsure=1", 303)
    state = request.app.state
    await erasing.erase(state.site, state.settings.data, number, by=request.state.staff)
    return RedirectResponse("/desk/leads?told=erased", 303)


async def export_json(request: Request) -> Response:
    """Everything, for a machine."""
    held = await holdings.holdings_of(await _owner(request))
    return _file(request, holdings.as_json(held, now()), "application/json", "json")


async def export_csv(request: Request) -> Response:
    """Everything, for a spreadsheet."""
    held = await holdings.holdings_of(await _owner(request))
    return _file(request, holdings.as_csv(held), "text/csv; charset=utf-8", "csv")


def _file(request: Request, text: str, media_type: str, ending: str) -> Response:
    name = say(request.state.language, "privacy.file_name")
    headers = {"content-disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(text, media_type=media_type, headers=headers)


async def ask_from_gift(request: Request) -> Response:
    """Mail the link to the address of a gift; the gift page itself shows nothing personal."""
    gift = await giving.gift_behind(request.app.state.site, request.path_params["token"])
    if not gift or not gift.confirmed_at:
        raise NotFoundError
    await own.mail_to_lead(_postman(request), gift.lead_id)
    return RedirectResponse(f"/gift/{request.path_params['token']}?mailed=1#mailed", 303)


async def show_asking(request: Request) -> Response:
    """One field; after it, and after erasing, a page that is the same for everybody."""
    told = next((one for one in ("sent", "erased") if request.query_params.get(one)), "")
    return page(request, "privacy/my_page.html", told=told, email="", error="")


async def ask(request: Request) -> Response:
    """Mail the link if the address is known here; the page after it is the same for all."""
    if is_foreign(request):
        raise RefusedError(403)
    form = await read_form(request)
    try:
        email = normalise(form.get("email", ""))
    except AddressError:
        given = form.get("email", "")[:254]
        return page(
            request,
            "privacy/my_page.html",
            status=422,
            told="",
            email=given,
            error="web.address_wrong",
        )
    if not form.get("website"):
        async with EvenAnswer():
            await own.mail_to_address(_postman(request), email)
    return RedirectResponse(f"/{request.path_params['lang']}/my-page?sent=1", 303)


routes = [
    Route("/me/{token}", show, name="privacy:show", methods=["GET"], role="token"),
    Route("/me/{token}", choose, name="privacy:choose", methods=["POST"], role="token"),
    Route(
        "/me/{token}/export.json",
        export_json,
        name="privacy:export_json",
        methods=["GET"],
        role="token",
    ),
    Route(
        "/me/{token}/export.csv",
        export_csv,
        name="privacy:export_csv",
        methods=["GET"],
        role="token",
    ),
    Route(
        "/gift/{token}/me",
        ask_from_gift,
        name="privacy:ask_from_gift",
        methods=["POST"],
        role="token",
    ),
    Route(
        "/{lang:lang}/my-page",
        show_asking,
        name="privacy:show_asking",
        methods=["GET"],
        role="public",
    ),
    Route(
        "/desk/leads/{number:int}/erase",
        erase_lead,
        name="privacy:erase_lead",
        methods=["POST"],
        role="admin",
    ),
    Route("/{lang:lang}/my-page", ask, name="privacy:ask", methods=["POST"], role="public"),
]
