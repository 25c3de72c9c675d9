"""Every page of the desk."""

from server.desk.routes import (
    auditing,
    batches,
    card,
    conversations,
    editing,
    entering,
    example,
    giving,
    handling,
    issues,
    leads,
    lights,
    mailing,
    outbox,
    quotes,
    report,
    sequences,
    tables,
)
from server.web.routing import Route

routes: list[Route] = [
    *entering.routes,
    *leads.routes,
    *card.routes,
    *giving.routes,
    *conversations.routes,
    *lights.routes,
    *editing.routes,
    *issues.routes,
    *sequences.routes,
    *report.routes,
    *batches.routes,
    *tables.routes,
    *mailing.routes,
    *outbox.routes,
    *quotes.routes,
    *auditing.routes,
    *example.routes,
    *handling.routes,
]
