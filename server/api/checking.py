"""Whether a value is what a schema says: as much of JSON Schema as our operations use."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from server.kit.addresses import AddressError, normalise

Schema = Mapping[str, Any]
Fault = tuple[str, str, Mapping[str, object]]
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
UNTOLD = re.compile("[\0\ud800-\udfff]")  # what no database takes
EARLIEST = 1970


def faults(schema: Schema, value: Any, place: str = "") -> Iterator[Fault]:
    """What is wrong with a value: the field, and the text that says what, with its values."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield place, "api.fault_type", {"type": " / ".join(kinds)}
    elif "enum" in schema and value not in schema["enum"]:
        yield place, "api.fault_enum", {"known": ", ".join(map(str, schema["enum"]))}
    elif isinstance(value, dict):
        yield from _of_object(schema, value, place)
    elif isinstance(value, list):
        yield from _of_list(schema, value, place)
    elif isinstance(value, str):
        yield from _of_text(schema, value, place)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(schema, value, place)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _of_object(schema: Schema, value: Mapping[str, Any], place: str) -> Iterator[Fault]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _within(place, name), "api.fault_missing", {}
    for name, part in value.items():
        if name in known:
            yield from faults(known[name], part, _within(place, name))
        elif not schema.get("additionalProperties", True):
            told = _within(place, UNTOLD.sub("?", name)[:60])
            yield told, "api.fault_unknown", {"known": ", ".join(known)}


def _within(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _of_list(schema: Schema, value: list[Any], place: str) -> Iterator[Fault]:
    most = schema.get("maxItems")
    if most is not None and len(value) > most:
        yield place, "api.fault_many", {"most": most}
        return
    for number, part in enumerate(value):
        yield from faults(schema.get("items", {}), part, f"{place}[{number}]")


def _of_text(schema: Schema, value: str, place: str) -> Iterator[Fault]:
    if UNTOLD.search(value):
        yield place, "api.fault_text", {}
    elif len(value) > schema.get("maxLength", len(value)):
        yield place, "api.fault_long", {"most": schema["maxLength"]}
    elif len(value.strip()) < schema.get("minLength", 0):
        yield place, "api.fault_empty", {}
    elif schema.get("format") == "email" and not _is_address(value):
        yield place, "api.fault_email", {}
    elif schema.get("format") == "date-time" and not _is_moment(value):
        yield place, "api.fault_time", {}


def _is_address(value: str) -> bool:
    try:
        normalise(value)
    except AddressError:
        return False
    return True


def _is_moment(value: str) -> bool:
    """ISO 8601 with its zone, and no time that a database cannot keep."""
    try:
        found = datetime.fromisoformat(value)
        return found.tzinfo is not None and EARLIEST <= found.year <= 9998
    except ValueError:
        return False


def _of_number(schema: Schema, value: float, place: str) -> Iterator[Fault]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (least is not None and value < least) or (most is not None and value > most):
        yield place, "api.fault_range", {"least": least, "most": most}
