"""What comes back: reports, complaints, and what each does to the reader's address."""

import pytest

from server.mail.verdicts import kind_of_report, verdict


@pytest.mark.parametrize(
    ("code", "text", "means"),
    [
        (250, "2.0.0 taken", "sent"),
        (550, "5.1.1 no such user", "hard"),
        (556, "5.1.10 null MX", "hard"),
        (550, "5.7.1 blocked", "policy"),
        (552, "5.2.2 full", "soft"),
        (450, "4.7.1 greylisted", "soft"),
        (421, "4.3.2 closing", "soft"),
        (0, "connect: refused", "soft"),
        (550, "5.4.1 relay said that 5.1.1 was wrong", "failed"),
        (554, "no status, see 5.1.1 of the manual", "failed"),
        (550, "5.1.100 is no status we know", "failed"),
    ],
)
def test_an_answer_at_the_door_has_one_meaning(code: int, text: str, means: str) -> None:
    assert verdict(code, text) == means


@pytest.mark.parametrize(
    ("status", "text", "means"),
    [
        ("5.1.1", "", "hard"),
        ("5.1.6", "", "hard"),
        ("5.0.0", "smtp; 550 5.1.1 unknown", "hard"),
        ("5.1.8", "sender rejected", "soft"),
        ("5.2.2", "", "soft"),
        ("4.4.7", "expired", "soft"),
        ("5.7.1", "550 5.1.1", "policy"),
        ("4.7.1", "greylisted for days", "policy"),
        ("garbage", "", "soft"),
    ],
)
def test_a_report_is_hard_soft_or_policy(status: str, text: str, means: str) -> None:
    assert kind_of_report(status, text) == means
