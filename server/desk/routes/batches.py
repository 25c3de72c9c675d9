"""Batches on the desk: making one, what came of each, and its code to print."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.gifts import batches
from server.gifts.models import Batch
from server.library.assets import Asset
from server.staff import accounts
from server.web.errors import NotFoundError, row_number
from server.web.forms import read_form
from server.web.rendering import page
from server.web.routing import methods_of_role

CARDS = 8  # on a sheet of A4


async def show(request: Request) -> Response:
    """Every batch with its figures, and the form for another."""
    return await _show(request, "", {})


async def _show(request: Request, error: str, typed: dict[str, str]) -> Response:
    state = request.app.state
    return page(
        request,
        "desk/batches.html",
        status=422 if error else 200,
        found=[(one, batches.address_of(state.site, one.batch)) for one in await batches.counted()],
        titles=state.library.titles(request.state.language),
        assets=_choices(request),
        error=error,
        typed=typed,
        longest=batches.LONGEST_NAME,
    )


def _choices(request: Request) -> list[Asset]:
    """What a card can lead to, each title once."""
    state, mine = request.app.state, request.state.language
    found: dict[str, Asset] = {}
    for asset in state.library.all():
        if asset.published <= state.today() and (asset.slug not in found or asset.language == mine):
            found[asset.slug] = asset
    return sorted(found.values(), key=lambda one: one.title)


async def make(request: Request) -> Response:
    """Make a batch; what is missing is said beside the form, which is kept."""
    form = await read_form(request)
    name, place = (" ".join(form.get(key, "").split()) for key in ("name", "place"))
    slug = form.get("asset", "")
    if not name:
        return await _show(request, "desk.batch_no_name", form)
    if slug not in {asset.slug for asset in _choices(request)}:
        return await _show(request, "desk.batch_no_asset", form)
    batch = await batches.make(slug, name, place, request.state.staff)
    await accounts.audit("batch.made", f"{batch.code}: {name}", request.state.staff)
    return RedirectResponse(f"/desk/batches#b{batch.id}", 303)


async def end(request: Request) -> Response:
    """Its code leads to the library from now on."""
    batch = await _batch(request)
    if await batches.end(batch.id):
        await accounts.audit("batch.ended", f"{batch.code}: {batch.name}", request.state.staff)
    return RedirectResponse(f"/desk/batches#b{batch.id}", 303)


async def _batch(request: Request) -> Batch:
    batch = await Batch.get_or_none(id=row_number(request))
    if not batch:
        raise NotFoundError
    return batch


async def code(request: Request) -> Response:
    """The QR code as a picture to put in a design."""
    batch, kind = await _batch(request), request.path_params["kind"]
    if kind not in batches.KINDS:
        raise NotFoundError
    drawn = batches.drawn(request.app.state.site, batch, kind)
    named = {"Content-Disposition": f'attachment; filename="{batch.code}.{kind}"'}
    inline = "inline" in request.query_params
    headers = None if inline else named
    return Response(drawn, media_type=batches.KINDS[kind], headers=headers)


async def sheet(request: Request) -> Response:
    """A sheet of cards for the printer, in the language asked for."""
    batch, state = await _batch(request), request.app.state
    language = request.query_params.get("lang", request.state.language)
    asset = state.library.find(batch.asset_slug, language)
    if not asset:
        raise NotFoundError
    languages = sorted({one.language for one in state.library.all() if one.slug == asset.slug})
    address = batches.address_of(state.site, batch)
    return page(
        request,
        "desk/batch_sheet.html",
        batch=batch,
        asset=asset,
        address=address.partition("://")[2],
        languages=languages,
        cards=range(CARDS),
    )


_get, _post = methods_of_role("desk", "staff")
BATCH = "/desk/batches/{number:int}"
routes = [
    _get("/desk/batches", show, "batches"),
    _post("/desk/batches", make, "make_batch"),
    _post(f"{BATCH}/end", end, "end_batch"),
    _get(f"{BATCH}/code.{{kind}}", code, "batch_code"),
    _get(f"{BATCH}/sheet", sheet, "batch_sheet"),
]
