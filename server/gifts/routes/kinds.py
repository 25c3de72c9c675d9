"""What only some kinds of gift have: a calendar file, a recording, an address to send to."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import kinds_sample, kinds_webinar, reading
from server.gifts.kinds_sample import AddressError
from server.gifts.routes.behind import gift_of
from server.gifts.routes.page import opened
from server.library.kinds import Podcast, Sample, Webinar
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.routing import Route
from server.web.visitor import visitor


async def calendar(request: Request) -> Response:
    """The day and time of a webinar, for a calendar of one's own."""
    gift, asset = await gift_of(request, confirmed=True)
    own = asset.particulars
    if not isinstance(own, Webinar) or request.path_params["slug"] != gift.asset_slug:
        raise NotFoundError
    state = request.app.state
    content = kinds_webinar.calendar_file(state.site, asset, own, state.settings.timezone)
    named = {"content-disposition": f'attachment; filename="{asset.slug}.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=named)


async def recording(request: Request) -> Response:
    """The sound of a podcast; heard from the beginning it is on record as taken home."""
    gift, asset = await gift_of(request, confirmed=True)
    own = asset.particulars
    if not isinstance(own, Podcast) or request.path_params["name"] != own.audio.name:
        raise NotFoundError
    content, who = await asyncio.to_thread(own.audio.read_bytes), visitor(request)

    async def delivered() -> None:
        await reading.took_home(gift, asset, own.audio.suffix[1:].lower(), who)

    return Download(
        content, own.media_type, name=own.audio.name, request=request, on_delivered=delivered
    )


async def address(request: Request) -> Response:
    """Where the sample is to go; it can be put right until it has left."""
    gift, asset = await gift_of(request, confirmed=True)
    if not isinstance(asset.particulars, Sample):
        raise NotFoundError
    form = await read_form(request)
    try:
        where = kinds_sample.read_address(form, asset.particulars.countries)
    except AddressError as error:
        return await opened(request, gift, asset, 422, address=form, errors=error.faults)
    # What left meanwhile shows on the page that follows.
    await kinds_sample.address(gift, where)
    return RedirectResponse(f"/gift/{request.path_params['token']}", 303)


routes = [
    Route(
        "/gift/{token}/{slug}.ics", calendar, name="gifts:calendar", methods=["GET"], role="token"
    ),
    Route(
        "/gift/{token}/sound/{name}",
        recording,
        name="gifts:recording",
        methods=["GET"],
        role="token",
    ),
    Route("/gift/{token}/address", address, name="gifts:address", methods=["POST"], role="token"),
]
