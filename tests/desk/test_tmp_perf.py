import time
from datetime import timedelta
from server.kit.clock import now
from server.kit.database import rows, count_anew
from server.leads.models import Lead
from server.desk.report import effect, years, rights, making
from server.desk.report.words import Words


async def test_perf(product):
    moment = now()
    for k in range(50):
        await Lead.bulk_create(
            [
                Lead(
                    email=f"p{k * 2000 + n}@e.org",
                    name="",
                    company="",
                    role="",
                    language="nl",
                    source="s",
                    created_at=moment - timedelta(days=(n * 7) % 1095),
                    asked_at=moment,
                    last_event_at=moment,
                    domain="e.org",
                )
                for n in range(2000)
            ],
            batch_size=2000,
        )
    cols = "(lead_id, kind, at, subject, value, detail, method, agent, purpose, network, reader, evidence, rule, sign, dedup_key)"
    for kind, days, cond, subj in (
        ("gift.taken", 0, "true", "'a' || (id % 6)"),
        ("read.50", 3, "true", "'a'"),
        ("read.25", 2, "true", "'a'"),
        ("read.75", 4, "true", "'a'"),
        ("rating", 8, "id % 3 = 0", "'a'"),
        ("question", 90, "id % 5 = 0", "''"),
        ("purchase", 200, "id % 20 = 0", "''"),
        ("liked.asked", 7, "id % 2 = 0", "''"),
    ):
        await rows(
            f"INSERT INTO event {cols} SELECT id, '{kind}', created_at + interval '{days} days', {subj}, 3, '', '', '', '', '', '', 'human', '', 1, '{kind}' || id FROM lead WHERE {cond}"
        )
    await rows(
        "INSERT INTO extra_arm (experiment, lead_id, arm, assigned_at, horizon_at) SELECT 'asset:a:10:90', id, CASE WHEN id % 10 = 0 THEN 'held' ELSE 'given' END, created_at, created_at + interval '90 days' FROM lead"
    )
    await count_anew("lead", "event", "extra_arm")
    s = product.settings
    for name, f in (
        ("years", lambda: years.make_years(Words("nl"), s.timezone, {})),
        ("effects", effect.effects),
        ("rights", lambda: rights.rights(4)),
        ("report", lambda: making.make_report("nl", s.timezone, 365, 7)),
    ):
        a = time.perf_counter()
        await f()
        print(name, round(time.perf_counter() - a, 2), "s", flush=True)
