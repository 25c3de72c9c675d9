"""Every page, feed and style sheet as the Nu checker of the W3C reads it: without an error."""

import json
import subprocess
from pathlib import Path

import httpx2
import pytest

from server.kit.text import LANGUAGES
from tests.browser.furnishing import Furnished
from tests.browser.test_pages import GROUPS, values_of
from tests.support import machine

pytestmark = pytest.mark.nu


def check(folder: Path) -> list[str]:
    """What the checker has against the files of a folder, a line each."""
    command = ["java", "-jar", machine.NU_CHECKER, "--skip-non-html", "--format", "json"]
    command += ["--also-check-css", "--also-check-svg", "--exit-zero-always", folder]
    done = subprocess.run(command, capture_output=True, check=True, timeout=240)
    return [
        f"{Path(one.get('url', '')).name}:{one.get('lastLine')}: {one['message']}:"
        f" {one.get('extract', '')[:160]}"
        for one in json.loads(done.stderr)["messages"]
        if one["type"] != "info" or one.get("subType") == "fatal"
    ]


def test_no_page_has_an_error_of_markup(furnished: Furnished, tmp_path: Path) -> None:
    places = [path for group in GROUPS.values() for path in group]
    # In the short run every other page in Dutch, and those between in English.
    paths = [
        (lang, path)
        for turn, lang in enumerate(LANGUAGES)
        for number, path in enumerate(places)
        if machine.SOAKS or number % 2 == turn
    ]
    with httpx2.Client(base_url=furnished.server.url, follow_redirects=False) as client:
        for number, (lang, path) in enumerate(paths):
            where = path.format_map(values_of(lang, furnished))
            session = {"Cookie": f"desk={furnished.sessions[lang]}"}
            headers = session if path.startswith("/desk") and "login" not in path else {}
            answer = client.get(where, headers=headers)
            assert answer.status_code in (200, 404, 410), where
            name = f"{number:03}{where.split('?')[0].replace('/', '-')[:60]}.html"
            (tmp_path / name).write_text(answer.text, "utf-8")
        styles = ("style/public.css", "style/desk.css")
        for path in styles:
            (tmp_path / path.replace("/", "-")).write_text(client.get(f"/{path}").text, "utf-8")
    assert not (faults := check(tmp_path)), "\n".join(faults)


def test_an_error_of_markup_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>x</title><p><div></p>", "utf-8")
    assert any("p" in fault for fault in check(tmp_path))
