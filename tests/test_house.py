"""Houses worth living in are small: files of at most 400 lines, functions of at most 50."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
FILE, FUNCTION = 400, 50


def sources() -> list[Path]:
    """Every Python file of the product and its tests."""
    return [file for room in ("server", "tests") for file in (REPOSITORY / room).rglob("*.py")
            if "node_modules" not in file.parts]  # fmt: skip


def too_long(name: str, text: str) -> Iterator[str]:
    """What is too long in a file, a line each."""
    lines = len(text.splitlines())
    if lines > FILE:
        yield f"{name} has {lines} lines, {FILE} at most: split it by topic"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION:
                yield f"{name}:{node.lineno} {node.name} has {lines} lines, {FUNCTION} at most"


def test_no_file_and_no_function_is_too_long() -> None:
    files = sources()
    assert len(files) > 20
    found = [
        fault
        for file in files
        for fault in too_long(str(file.relative_to(REPOSITORY)), file.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


def test_what_is_too_long_is_told() -> None:
    just = "def just() -> None:\n" + "    pass\n" * (FUNCTION - 1)
    long = "async def long() -> None:\n" + "    pass\n" * FUNCTION
    assert list(too_long("a.py", just)) == []
    assert list(too_long("a.py", just + long)) == ["a.py:51 long has 51 lines, 50 at most"]
    assert list(too_long("a.py", "x = 1\n" * 400)) == []
    assert [*too_long("a.py", "x = 1\n" * 401)] == [
        "a.py has 401 lines, 400 at most: split it by topic"
    ]
