"""Writing the deliveries of an issue: by the ten thousand, each reader once."""

from server.kit.clock import now
from server.kit.database import count_anew, in_transaction, is_postgres, rows
from server.kit.site import Site
from server.leads.subscribing import TIPS
from server.mail.models import BULK
from server.newsletter import splitting
from server.newsletter.audience import Rules, Where, awake, count, may_be_asked, readers
from server.newsletter.models import Issue

CHUNK = 20_000
RANDOM = {True: "replace(gen_random_uuid()::text, '-', '')", False: "lower(hex(randomblob(16)))"}

# The texts and the moments stand in tables beside the issue, so that one statement serves all
# languages and zones. A reader whose clock we do not know has the clock of the site.
WRITE = (
    'INSERT INTO delivery (message_id, lead_id, address, domain, key, lane, state, "values",'
    " mail_id, lease_token, attempts, next_try_at, not_after, created_at, error)"
    " SELECT {message}, l.id, '', l.domain, ? || CAST(l.id AS TEXT), {lane}, 'queued', '{{}}',"
    " '<' || {random} || ?, '', 0, COALESCE(z.at, i.queued_at), COALESCE(z.not_after, i.not_after),"
    " i.queued_at, '' FROM subscription s JOIN lead l ON l.id = s.lead_id"
    " JOIN issue i ON i.id = {issue}"
    " JOIN issue_text t ON t.issue_id = i.id AND t.language = l.language"
    "{variants}"
    " LEFT JOIN issue_zone z ON z.issue_id = i.id AND z.timezone = l.timezone"
    " WHERE {where} ORDER BY l.id ON CONFLICT (key) DO NOTHING RETURNING id"
)


async def queue_next(site: Site) -> int:
    """Write the deliveries of the next readers of an issue; 0 = all issues are written.

    The place reached is committed with the rows, so a crash neither skips nor doubles a reader.
    """
    found = await Issue.filter(state="queuing").order_by("id").first()
    if not found:
        return 0
    async with in_transaction():
        issue = await Issue.select_for_update().get(id=found.id)
        if issue.state != "queuing":
            return 1
        last = await _last_of_chunk(issue)
        if last is None:
            await Issue.filter(id=issue.id).update(state="queued")
        else:
            await _write(site, issue, last)
    if last is None and issue.audience > CHUNK:
        await count_anew("delivery")
    return 1


async def _last_of_chunk(issue: Issue) -> int | None:
    found = await rows(
        "SELECT MAX(lead_id) AS last FROM (SELECT lead_id FROM subscription WHERE list = ?"
        " AND confirmed_at IS NOT NULL AND ended_at IS NULL AND lead_id > ?"
        " ORDER BY lead_id LIMIT ?) AS part",
        TIPS,
        issue.last_lead_id,
        CHUNK,
    )
    return None if found[0]["last"] is None else int(found[0]["last"])


async def _write(site: Site, issue: Issue, last: int) -> None:
    moment, rules = now(), Rules.kept(issue.rules)
    # Said of both tables, so that neither is read beyond this part.
    part = Where("s.lead_id > ? AND s.lead_id <= ?", (issue.last_lead_id, last))
    part &= Where("l.id > ? AND l.id <= ?", (issue.last_lead_id, last))
    where = part & readers(rules, issue.queued_at, with_invented=issue.with_invented)
    where &= awake(moment)
    refused = 0
    if rules.asks:
        up = await count(where)
        where &= may_be_asked(moment)
        refused = up - await count(where)
    split = issue.judge_at is not None
    sql = WRITE.format(
        lane=BULK,
        random=RANDOM[is_postgres()],
        issue=issue.id,
        where=where.sql,
        message="COALESCE(v.message_id, t.message_id)" if split else "t.message_id",
        variants=splitting.JOIN if split else "",
    )
    written = await rows(sql, f"issue:{issue.name}:", f"@{site.host}>", *where.values)
    await Issue.filter(id=issue.id).update(
        last_lead_id=last,
        audience=issue.audience + len(written),
        in_window=issue.in_window + refused,
    )
