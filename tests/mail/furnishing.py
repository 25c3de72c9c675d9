"""A newsletter that is ready to go to many readers."""

from datetime import timedelta

from server.kit.clock import now
from server.kit.database import db_time, is_postgres, rows
from server.mail.models import BULK, Message

TEXT = """Beste {{ name | lezer }},

Vandaag een tip over vragen en wachten. [Lees verder]({{ link_1 }})

Je staat sinds {{ since }} op de lijst. {{ me }}
Geen post meer: {{ way_out }}
"""
HTML = (
    "<!doctype html><html><body><p>Beste {{ name | lezer }},</p>"
    '<p>Vandaag een tip. <a href="{{ link_1 }}">Lees verder</a></p>'
    '<p>Sinds {{ since }}. <a href="{{ me }}">Jouw pagina</a>'
    ' <a href="{{ way_out }}">Geen post meer</a></p></body></html>'
)


async def list_mail(count: int, *, domains: int = 1, followed: bool = False) -> None:
    """So many readers (`r7@d0.example.org`), each with a delivery of one issue that is due."""
    at = db_time(now() - timedelta(minutes=1))
    message = await Message.create(
        key="issue", kind="tip", language="nl", subject="Een tip", html=HTML, text=TEXT,
        list="tips", is_ask=False, created_at=now(),
    )  # fmt: skip
    await rows(
        "INSERT INTO message_link (message_id, number, target) VALUES (?, 1, ?)",
        message.id,
        "https://www.example.org/verder?a=1&b=2",
    )
    numbers = (
        f"generate_series(0, {count - 1}) AS g (n)"
        if is_postgres()
        else f"(WITH RECURSIVE g (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM g"
        f" WHERE n < {count - 1}) SELECT n FROM g) AS g"
    )
    tracked = at if followed else None
    await rows(
        "INSERT INTO lead (email, name, company, role, language, source, created_at, asked_at,"
        " last_event_at, verified_at, mail_tracking_at, domain) SELECT 'r' || n || '@d' ||"
        f" (n % {domains}) || '.example.org', 'Joost ' || n, '', '', 'nl', 'test', ?, ?, ?, ?, ?,"
        f" 'd' || (n % {domains}) || '.example.org' FROM {numbers}",
        at, at, at, at, tracked,
    )  # fmt: skip
    await rows(
        "INSERT INTO subscription (lead_id, list, wording, page, network, asked_at, confirmed_at)"
        " SELECT id, 'tips', '', '', '', ?, ? FROM lead",
        at,
        at,
    )
    empty = "'{}'::jsonb" if is_postgres() else "'{}'"
    await rows(
        'INSERT INTO delivery (message_id, lead_id, address, domain, key, lane, state, "values",'
        " mail_id, lease_token, attempts, next_try_at, not_after, created_at, error)"
        f" SELECT ?, id, '', domain, 'issue:x:' || id, {BULK}, 'queued', {empty},"
        " '<' || id || '@books.example.org>', '', 0, ?, ?, ?, '' FROM lead",
        message.id, at, db_time(now() + timedelta(hours=6)), at,
    )  # fmt: skip
