"""`outbox`: how it stands, and what is decided of mails in doubt."""

from datetime import timedelta
from pathlib import Path

from server.kit.clock import now
from server.kit.settings import Settings
from server.mail.models import Delivery, DomainPace
from server.staff.models import AuditEntry
from tests.cli.commands import bare_environ, givefirst
from tests.mail.furnishing import list_mail


async def test_mails_in_doubt_are_listed_sent_once_more_and_let_go(
    database: Settings, environ: dict[str, str]
) -> None:
    await list_mail(3)
    await Delivery.all().update(state="uncertain", error="the line broke", doubts=1)
    found = givefirst(environ, "outbox", "doubt", "--json").json()["doubt"]
    assert [one["address"] for one in found] == [f"r{n}@d0.example.org" for n in range(3)]
    assert {(one["subject"], one["said"]) for one in found} == {("Een tip", "the line broke")}
    first, second, third = (str(one["number"]) for one in found)
    sent = givefirst(environ, "outbox", "doubt", "send", first, "--json")
    assert sent.json() == {"decided": 1}
    one = await Delivery.get(id=int(first))
    assert (one.state, one.doubts, one.mail_id) == ("queued", 2, f"<{first}@books.example.org>")
    assert givefirst(environ, "outbox", "doubt", "drop", second).code == 0
    assert third in givefirst(environ, "outbox", "doubt").lines[0]
    assert "onzeker" in givefirst(environ, "outbox", "doubt", "send", first, second).refusal()
    assert givefirst(environ, "outbox", "doubt", "drop", "all").code == 0
    assert givefirst(environ, "outbox", "doubt", "drop", "some").code == 2
    assert givefirst(environ, "outbox", "doubt").lines == ["Geen enkele mail is onzeker."]
    kinds = [entry.action for entry in await AuditEntry.all().order_by("id")]
    assert kinds == ["outbox.doubt_sent", "outbox.doubt_dropped", "outbox.doubt_dropped"]


async def test_status_counts_by_state_and_lane_and_names_what_rests(
    database: Settings, environ: dict[str, str]
) -> None:
    await list_mail(3)
    one = await Delivery.first()
    assert one
    await Delivery.filter(id=one.id).update(lane=0)
    until = now() + timedelta(hours=1)
    await DomainPace.create(
        domain="slow.example.org", hold_until=until, strikes=1, next_at=until, reason="421 no"
    )
    own = environ | {"GIVEFIRST_SMTP_URL": "smtp://me:hunter2@relay.example.org:587"}
    told = givefirst(own, "outbox", "status", "--json").json()
    assert told["states"] == {"queued": {"transactional": 1, "bulk": 2}}
    assert told["relay"] == "relay.example.org:587"
    assert told["held_domains"][0]["domain"] == "slow.example.org"
    assert told["gate"] == {"shut": False, "since": None, "reason": ""}
    assert told["oldest_due"]
    lines = givefirst(own, "outbox", "status").out
    assert "slow.example.org" in lines
    assert "hunter2" not in lines


def test_check_says_what_http_breaks_and_makes_no_database_by_looking(tmp_path: Path) -> None:
    own = bare_environ(tmp_path, GIVEFIRST_BASE_URL="http://books.example.org")
    done = givefirst(own, "check")
    assert done.code == 0
    assert "geen https" in done.out
    assert not (tmp_path / "givefirst.db").exists()
