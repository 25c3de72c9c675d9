"""Every page of giving: the form of a landing page, and all that is behind a link."""

from server.gifts.routes import batches, kinds, landing, liking, page, returning, using
from server.web.routing import Route

routes: list[Route] = [*landing.routes, *page.routes, *liking.routes, *using.routes]
routes += [*returning.routes, *kinds.routes, *batches.routes]
