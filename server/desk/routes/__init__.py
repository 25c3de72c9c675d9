"""Every page of the desk."""

from server.desk.routes import (
    auditing,
    card,
    conversations,
    editing,
    entering,
    example,
    handling,
    issues,
    leads,
    mailing,
    outbox,
    report,
    sequences,
    tables,
)
from server.web.routing import Route

routes: list[Route] = [
    *entering.routes,
    *leads.routes,
    *card.routes,
    *conversations.routes,
    *editing.routes,
    *issues.routes,
    *sequences.routes,
    *report.routes,
    *tables.routes,
    *mailing.routes,
    *outbox.routes,
    *auditing.routes,
    *example.routes,
    *handling.routes,
]
