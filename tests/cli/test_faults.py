"""What is wrong around the product is told in one line, never as a traceback."""

import re
from pathlib import Path

import pytest

from tests.cli.commands import bare_environ, givefirst
from tests.product import Product

EVERY = [["migrate"], ["worker"], ["newsletter", "list"], ["serve", "--port", "0"]]


@pytest.mark.parametrize("arguments", EVERY)
def test_a_database_server_that_is_not_there_is_named(tmp_path: Path, arguments: list[str]) -> None:
    url = "postgres://me:hunter2@127.0.0.1:1/name"
    done = givefirst(bare_environ(tmp_path, GIVEFIRST_DATABASE_URL=url), *arguments)
    assert "GIVEFIRST_DATABASE_URL" in done.refusal()
    assert "hunter2" not in done.err


@pytest.mark.parametrize("arguments", EVERY)
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "givefirst.db"
    file.write_bytes(b"my holiday pictures" * 100)
    refusal = givefirst(bare_environ(tmp_path), *arguments).refusal()
    assert "geen SQLite-database" in refusal
    assert file.read_bytes() == b"my holiday pictures" * 100


@pytest.mark.parametrize("written", [b"\xff\xfe\x00" * 20, b"short\n", b""])
def test_a_secret_that_is_none_is_named(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "secret").write_bytes(written)
    environ = {"GIVEFIRST_DATA": str(tmp_path)}
    assert "is geen sleutel" in givefirst(environ, "migrate").refusal()


def test_no_secret_is_made_where_one_is_set(tmp_path: Path) -> None:
    assert givefirst(bare_environ(tmp_path), "migrate").code == 0
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "99999"], "poort 99999"),
        (["--port", "-1"], "poort -1"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--host", "no such host"], "no such host"),
    ],
)
def test_an_address_nobody_can_listen_at_is_named(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    refusal = givefirst(bare_environ(tmp_path), "serve", *arguments).refusal()
    assert says in refusal
    assert "bezet" not in refusal


async def test_whoever_stands_at_the_machine_always_gets_a_link(
    product: Product, environ: dict[str, str]
) -> None:
    links = [
        givefirst(environ, "staff", "add", "marit@example.org", "--role", "admin").lines[0]
        for _ in range(5)
    ]
    paths = [re.sub(r"^http://[^/]+", "", link) for link in links]
    opened = [(await product.get(path)).status_code for path in paths]
    assert opened == [404, 404, 200, 200, 200]


async def test_a_page_of_another_role_says_so(product: Product) -> None:
    answer = await (await product.log_in("editor")).get("/desk/leads")
    assert answer.status_code == 403
    assert "hoort bij een andere rol" in answer.text
