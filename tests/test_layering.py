"""The rooms stand in one order: imports, foreign keys and templates point down only."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from server.kit.database import ROOMS

REPOSITORY = Path(__file__).parent.parent
SERVER = REPOSITORY / "server"
RELATIONS = ("ForeignKeyField", "OneToOneField", "ManyToManyField")
TABLE = re.compile(r"^\s*CREATE TABLE (?:IF NOT EXISTS )?\"?(\w+)", re.IGNORECASE | re.MULTILINE)
REFERENCE = re.compile(r"\bREFERENCES \"?(\w+)", re.IGNORECASE)
TEMPLATE = re.compile(r"{%[-+]?\s*(?:extends|include|import|from)\s+(.*?)\s*[-+]?%}", re.DOTALL)


def layers() -> list[list[str]]:
    """The rooms of each floor, from the top down, as the import contract names them."""
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one["type"] == "layers"]
    return [re.findall(r"\w+", floor) for floor in contract["layers"]]


# A higher floor has a higher number.
FLOORS = {room: n for n, floor in enumerate(reversed(layers())) for room in floor}


def points_down(room: str, other: str) -> bool:
    """A room may use itself and what lies below it; not its neighbour, not what is above."""
    return room == other or FLOORS.get(other, 99) < FLOORS[room]


def relation_faults(room: str, code: str) -> Iterator[str]:
    """The relations in the models of a room that do not point down."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or _name(node.func) not in RELATIONS:
            continue
        named = [word.value for word in node.keywords if word.arg == "model_name"]
        target = (node.args or named)[0]
        if not (isinstance(target, ast.Constant) and isinstance(target.value, str)):
            yield f"{room}/models.py:{node.lineno}: write the model as a literal, 'room.Model'"
        elif not points_down(room, target.value.split(".")[0]):
            yield f"{room}/models.py:{node.lineno}: {room} may not point to {target.value}"


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def reference_faults(room: str, sql: str, owners: dict[str, str]) -> Iterator[str]:
    """The foreign keys in the migrations of a room that do not point down."""
    for table in REFERENCE.findall(sql):
        if not points_down(room, owners.get(table, "")):
            yield f"{room}/migrations: {room} may not refer to {table} of {owners.get(table)}"


def template_faults(room: str, name: str, text: str) -> Iterator[str]:
    """The templates that one of a room extends, includes or imports and that do not lie below."""
    for target in TEMPLATE.findall(text):
        found = re.match(r"([\"'])([^\"']+)\1", target)
        if not found:
            yield f"{name}: write the template as a literal, not {target}"
        elif not points_down(room, found[2].split("/")[0]):
            yield f"{name}: {room} may not use {found[2]}"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the project in a folder."""
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert program
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_foreign_keys_of_models_point_down() -> None:
    models = list(SERVER.glob("*/models.py"))
    assert models
    found = [
        fault
        for file in models
        for fault in relation_faults(file.parent.name, file.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_foreign_keys_of_tables_point_down() -> None:
    migrations = {file: file.read_text("utf-8") for file in SERVER.glob("*/migrations/*.sql")}
    owners = {
        table: file.parent.parent.name
        for file, sql in migrations.items()
        for table in TABLE.findall(sql)
    }
    assert owners
    found = [
        fault
        for file, sql in migrations.items()
        for fault in reference_faults(file.parent.parent.name, sql, owners)
    ]
    assert not found, "\n".join(found)


def test_templates_use_their_own_room_and_lower_ones() -> None:
    templates = [file for file in SERVER.glob("*/templates/**/*") if file.is_file()]
    assert templates
    found = [
        fault
        for file in templates
        for fault in template_faults(
            file.relative_to(SERVER).parts[0],
            str(file.relative_to(REPOSITORY)),
            file.read_text("utf-8"),
        )
    ]
    assert not found, "\n".join(found)


def test_tables_are_made_from_the_bottom_up() -> None:
    assert [*ROOMS] == sorted(ROOMS, key=FLOORS.__getitem__)


def test_imports_point_down() -> None:
    result = lint_imports(REPOSITORY)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_relation_that_points_up_is_told() -> None:
    up = 'lead = fields.ForeignKeyField("gifts.Gift")\n'
    own = 'merged = fields.ForeignKeyField("leads.Lead", null=True)\n'
    down = 'by = ForeignKeyField(model_name="staff.StaffUser")\n'
    assert list(relation_faults("leads", own + down)) == []
    assert list(relation_faults("leads", own + up)) == [
        "leads/models.py:2: leads may not point to gifts.Gift"
    ]
    # A neighbour on the same floor is no lower room.
    assert list(relation_faults("mail", 'x = ForeignKeyField("library.Asset")'))
    assert list(relation_faults("mail", "x = ForeignKeyField(MODEL)"))


def test_a_table_that_refers_up_is_told() -> None:
    owners = {"gift": "gifts", "lead": "leads"}
    assert not list(reference_faults("gifts", "REFERENCES lead (id)", owners))
    assert list(reference_faults("leads", "x BIGINT REFERENCES gift (id)", owners))
    assert list(reference_faults("leads", "x BIGINT REFERENCES nobody (id)", owners))


def test_a_template_that_uses_a_higher_room_is_told() -> None:
    fine = '{% extends "web/base.html" %}{%- from "gifts/parts.html" import card -%}'
    assert list(template_faults("gifts", "a.html", fine)) == []
    for wrong in ('{% include "desk/card.html" %}', "{% include name %}", '{% import "x.html" %}'):
        assert list(template_faults("gifts", "a.html", wrong)), wrong


def test_an_import_that_points_up_is_told(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for room in FLOORS:
        (tmp_path / "server" / room).mkdir(parents=True)
        (tmp_path / "server" / room / "__init__.py").touch()
    (tmp_path / "server" / "__init__.py").touch()
    (tmp_path / "server" / "app" / "__init__.py").write_text("import starlette\n", "ascii")
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / "server" / "kit" / "__init__.py").write_text("import server.gifts\n", "ascii")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "server.kit -> server.gifts" in result.stdout
