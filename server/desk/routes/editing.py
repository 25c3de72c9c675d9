"""The editor's pages: titles and issues with their figures, drafts in a box, what is to mend."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server.desk import previewing, stock
from server.kit.addresses import AddressError, normalise
from server.kit.content import Finding
from server.library.assets import Asset
from server.library.making import LEAVES, MEDIA_TYPES
from server.library.press import PressError
from server.library.reader import NoSuchChapterError, asset_facts, reader_facts
from server.mail.postman import Postman
from server.newsletter import figures, issuing
from server.newsletter.audience import audience_now
from server.newsletter.issuing import Editor
from server.newsletter.standing import status_of
from server.newsletter.tips import Tip
from server.staff import accounts
from server.web.downloads import Download
from server.web.errors import NotFoundError
from server.web.forms import read_form
from server.web.rendering import page, render
from server.web.routing import Route


def _findings(request: Request) -> list[Finding]:
    state = request.app.state
    found: list[Finding] = state.library.findings() + state.tips.findings()
    found += state.answers.findings() + state.articles.findings() + state.letters.findings()
    return [*found, state.house.finding] if state.house.finding else found


async def gifts(request: Request) -> Response:
    """Titles with their figures, and what is wrong with the files."""
    state, language = request.app.state, request.state.language
    return page(
        request,
        "desk/gifts.html",
        faults=previewing.faults(_findings(request), language),
        stocked=await stock.stock(state.library.all(), language),
        today=state.today(),
    )


def _asset(request: Request) -> Asset:
    """The edition an address names; drafts too."""
    items = request.app.state.library.all()
    slug, language = request.path_params["slug"], request.path_params["lang"]
    for asset in items:
        if (asset.slug, asset.language) == (slug, language):
            return asset  # type: ignore[no-any-return]
    raise NotFoundError


async def gift(request: Request) -> Response:
    """One title: who took it and from where, and how it looks before anybody sees it."""
    state, spoken = request.app.state, request.query_params.get("lang", "")
    editions = [one for one in state.library.all() if one.slug == request.path_params["slug"]]
    if not editions:
        raise NotFoundError
    wanted = spoken or request.state.language
    asset = next((one for one in editions if one.language == wanted), editions[0])
    letter = previewing.gift_letter(_giver(request), asset)
    (figures,) = await stock.stock(editions, asset.language)
    return page(
        request,
        "desk/gift.html",
        asset=asset,
        editions=sorted(editions, key=lambda one: one.language),
        figures=figures,
        roads=await stock.roads_to(asset.slug),
        faults=previewing.faults_in(_findings(request), asset.folder, request.state.language),
        letter=letter,
        leaves=range(1, LEAVES + 1),
        is_draft=asset.published > state.today(),
    )


def _giver(request: Request) -> Postman:
    state = request.app.state
    return Postman.of(state)


def _boxed(request: Request, html: str) -> Response:
    headers = previewing.preview_policy(request.app.state.settings.base_url)
    return HTMLResponse(html, headers=headers)


def _as_reader(request: Request, language: str, template: str, **values: Any) -> Response:
    """A public page as a reader would see it: no colleague, no desk, in its own language."""
    request.state.language, request.state.staff = language, None
    return _boxed(request, render(request, template, **values))


async def gift_page(request: Request) -> Response:
    """The landing page of a draft."""
    asset, state = _asset(request), request.app.state
    facts = asset_facts(state.library, asset, state.today())
    shown = {"email": "", "error": "", "ticked": False, **facts}
    return _as_reader(request, asset.language, "library/asset.html", **shown)


async def gift_read(request: Request) -> Response:
    """A chapter of a draft."""
    asset, base = _asset(request), request.url.path
    try:
        offers_copy = asset.is_readable and asset.asks_address
        facts = reader_facts(asset, request.query_params, base, base, offers_copy=offers_copy)
    except NoSuchChapterError:
        raise NotFoundError from None
    return _as_reader(request, asset.language, "library/reader.html", **facts)


async def gift_mail(request: Request) -> Response:
    """The mail that brings it."""
    return _boxed(request, previewing.gift_letter(_giver(request), _asset(request)).html)


async def gift_file(request: Request) -> Response:
    """The PDF or EPUB of a draft."""
    asset, kind, state = _asset(request), request.path_params["kind"], request.app.state
    try:
        content = await state.workshop.get(asset, state.house.fresh(), kind)
    except PressError:
        raise NotFoundError from None
    name = f"{asset.slug}.{asset.language}.{kind}"
    return Download(content, MEDIA_TYPES[kind], name=name, request=request)


async def gift_leaf(request: Request) -> Response:
    """A page of the book as a picture."""
    asset, state = _asset(request), request.app.state
    try:
        leaf = await state.workshop.leaf(asset, state.house.fresh(), request.path_params["number"])
    except PressError:
        leaf = None
    if not leaf:
        raise NotFoundError
    return Response(leaf, media_type="image/png")


async def newsletter(request: Request) -> Response:
    """Issues and where they stand."""
    shown = await stock.issues(request.app.state.tips, request.state.language)
    return page(request, "desk/newsletter.html", issues=shown)


def _editor(request: Request) -> Editor:
    state = request.app.state
    return Editor(
        state.site, state.house.fresh(), state.letters, state.tips, state.settings.timezone
    )


def _editions(request: Request) -> list[Tip]:
    found: list[Tip] | None = request.app.state.tips.issues().get(request.path_params["issue"])
    if not found:
        raise NotFoundError
    return found


def _tip(request: Request) -> Tip:
    for tip in _editions(request):
        if tip.language == request.path_params["lang"]:
            return tip
    raise NotFoundError


async def issue(request: Request) -> Response:
    """One issue: how it looks, who would get it, and what became of it."""
    return await _issue(request)


async def _issue(request: Request, status: int = 200, error: str = "") -> Response:
    editions, name = _editions(request), request.path_params["issue"]
    wanted = request.query_params.get("lang", "") or request.state.language
    tip = next((one for one in editions if one.language == wanted), editions[0])
    state = request.app.state
    file = Path(state.settings.content) / "newsletter" / name
    return page(
        request,
        "desk/issue.html",
        status=status,
        tip=tip,
        editions=editions,
        letter=issuing.sample_of(_editor(request), tip),
        status_of=await status_of(name),
        figures=await figures.figures_of(name),
        audience=await audience_now(name, state.tips),
        faults=previewing.faults_in(_findings(request), file, request.state.language),
        told=request.query_params.get("told", ""),
        error=error,
    )


async def issue_page(request: Request) -> Response:
    """The page of a tip that may not be public yet."""
    tip = _tip(request)
    state = request.app.state
    author = tip.author or state.house.fresh().host_name
    books = state.library.by_author(author, tip.language, state.today())
    facts = {"tip": tip, "before": None, "books": books}
    return _as_reader(request, tip.language, "newsletter/tip.html", **facts)


async def issue_mail(request: Request) -> Response:
    """The mail as a reader who signed up today would get it."""
    return _boxed(request, issuing.sample_of(_editor(request), _tip(request)).html)


async def send_issue(request: Request) -> Response:
    """Send it now; a second press adds nobody."""
    _editions(request)
    form, name = await read_form(request), request.path_params["issue"]
    if form.get("sure") != "yes":
        return await _issue(request, 422, "desk.issue_not_sure")
    first = await issuing.send(_editor(request), name, with_invented=True)
    if first:
        await accounts.audit("issue.sent", name, request.state.staff)
    return RedirectResponse(f"/desk/newsletter/{name}?told={'sent' if first else 'before'}", 303)


async def test_issue(request: Request) -> Response:
    """One copy to one address."""
    editions, form = _editions(request), await read_form(request)
    language = form.get("language", "")
    known = [tip.language for tip in editions]
    try:
        address = normalise(form.get("to", ""))
    except AddressError:
        return await _issue(request, 422, "web.address_wrong")
    name = request.path_params["issue"]
    spoken = language if language in known else known[0]
    await issuing.send_test(_editor(request), name, address, spoken)
    return RedirectResponse(f"/desk/newsletter/{name}?told=test&lang={spoken}", 303)


def _get(path: str, endpoint: Any, name: str) -> Route:
    return Route(path, endpoint, name=f"desk:{name}", methods=["GET"], role="editor")


def _post(path: str, endpoint: Any, name: str) -> Route:
    return Route(path, endpoint, name=f"desk:{name}", methods=["POST"], role="editor")


DRAFT = "/desk/gifts/{slug}/{lang:lang}"
ISSUE = "/desk/newsletter/{issue}"

routes = [
    _get("/desk/gifts", gifts, "gifts"),
    _get("/desk/gifts/{slug}", gift, "gift"),
    _get(f"{DRAFT}/page", gift_page, "gift_page"),
    _get(f"{DRAFT}/read", gift_read, "gift_read"),
    _get(f"{DRAFT}/mail", gift_mail, "gift_mail"),
    _get(f"{DRAFT}/leaf/{{number:int}}", gift_leaf, "gift_leaf"),
    _get(f"{DRAFT}/book.{{kind:kind}}", gift_file, "gift_file"),
    _get("/desk/newsletter", newsletter, "newsletter"),
    _get(ISSUE, issue, "issue"),
    _get(f"{ISSUE}/{{lang:lang}}/page", issue_page, "issue_page"),
    _get(f"{ISSUE}/{{lang:lang}}/mail", issue_mail, "issue_mail"),
    _post(f"{ISSUE}/send", send_issue, "send_issue"),
    _post(f"{ISSUE}/test", test_issue, "test_issue"),
]
