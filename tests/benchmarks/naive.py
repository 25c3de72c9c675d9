"""The anchor from above: a landing page as one would first write it, two queries and a template.

The text and the template are those of the real page, so that both say the same.
"""

import contextlib
import os
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.app import create_app
from server.gifts.models import Gift
from server.kit.database import close_database, open_database
from server.leads.models import Lead
from server.library.reader import asset_facts
from server.web.rendering import page

SLUG = os.environ.get("BENCH_SLUG", "geven-werkt")
# The real site, for its templates and its library; its routes are not asked.
site = create_app().app.app  # type: ignore[attr-defined]


async def landing(request: Request) -> Response:
    """Two questions to the database, then the template, each time."""
    taken = await Gift.filter(asset_slug=SLUG, confirmed_at__not_isnull=True).count()
    await Lead.all().order_by("-id").first()
    state = request.app.state
    asset = state.library.exactly(SLUG, "nl", state.today())
    facts = asset_facts(state.library, asset, state.today())
    return page(
        request, "library/asset.html", email="", error="", ticked=False, taken=taken, **facts
    )


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """The database while it runs."""
    await open_database(site.state.settings)
    try:
        yield
    finally:
        await close_database()


app = Starlette(routes=[Route("/", landing, methods=["GET"])], lifespan=lifespan)
app.state = site.state
