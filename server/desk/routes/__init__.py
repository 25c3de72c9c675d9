"""Every page of the desk."""

from server.desk.routes import (
    auditing,
    card,
    conversations,
    editing,
    entering,
    example,
    leads,
    mailing,
    tables,
)
from server.web.routing import Route

routes: list[Route] = [
    *entering.routes,
    *leads.routes,
    *card.routes,
    *conversations.routes,
    *editing.routes,
    *tables.routes,
    *mailing.routes,
    *auditing.routes,
    *example.routes,
]
