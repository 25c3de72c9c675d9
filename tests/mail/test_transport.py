"""Mail that goes to files."""

from pathlib import Path

from server.mail.transport import Files


async def test_a_file_holds_the_mail_without_the_dots_of_the_line(tmp_path: Path) -> None:
    mail = b"Subject: x\r\n\r\n..0.1 and so on\r\n...\r\nin the.. middle\r\n"
    file = await Files(tmp_path).send("a@example.org", "b@example.org", mail)
    assert file.read_bytes().endswith(b"\r\n\r\n.0.1 and so on\r\n..\r\nin the.. middle\r\n")
