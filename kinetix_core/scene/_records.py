"""Level files as text: JSON to columns of plain values, and back.

Standard library only, so that levels can be listed at once. Source: spec/level_format.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from kinetix_core.errors import KinetixError, LevelError, did_you_mean

from ._layout import ENV_PARAMS, OPTIONAL, RECORDS, SIZE_KEYS, STATE_KEYS, Field, static_params
from ._size import BOUNDARY, VERTICES, SceneSize

Columns: TypeAlias = dict[str, list]

_FIXED = {"max_polygon_vertices": VERTICES, "num_static_fixated_polys": BOUNDARY}


@dataclass(frozen=True)
class LevelRecords:
    """A level file as columns: `columns["polygon"]["position"]` is one [x, y] per slot."""

    size: SceneSize
    columns: dict[str, Columns]
    gravity: list[float]
    env_params: dict[str, Any]
    static_env_params: dict[str, Any]


# ---- reading ----

_LARGEST = {float: 3.4028234663852886e38, int: 2**31 - 1}
_EXPECTED = {float: "a finite number", int: "a whole number", bool: "true or false"}
_ACCEPTED = {float: {float, int}, int: {int}, bool: {bool}}

Place: TypeAlias = "str | tuple[Place, str | int]"


def _text(place: Place) -> str:
    if isinstance(place, str):
        return place
    parent, key = place
    return f"{_text(parent)}[{key}]" if isinstance(key, int) else f"{_text(parent)}.{key}"


def _shown(value: Any) -> str:
    """What was found, short enough for one line."""
    if isinstance(value, dict | list):
        kind = "an object" if isinstance(value, dict) else "an array"
        return f"{kind} with {len(value)} entries"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _shown_key(key: str) -> str:
    """A key that is not ours as it is, if it is a short plain word; else as `_shown`."""
    return key if re.fullmatch(r"[\w.-]{1,40}", key, re.ASCII) else _shown(key)


def _wrong(place: Place, expected: str, value: Any) -> LevelError:
    prefix = f"{_text(place)}: " if place else ""
    return LevelError(f"{prefix}{expected} is expected, not {_shown(value)}")


def _scalar(value: Any, kind: type, place: Place) -> Any:
    """Types are compared exactly: to Python, but not to the format, true is a number."""
    if type(value) not in _ACCEPTED[kind]:
        raise _wrong(place, _EXPECTED[kind], value)
    if kind is not bool and not abs(value) <= _LARGEST[kind]:
        raise _wrong(place, _EXPECTED[kind], value)
    return value


def _value(value: Any, kind: type, shape: tuple[int, ...], place: Place) -> Any:
    """A scalar, or an array of `shape`, which the format writes as {"0": .., "1": ..}."""
    if not shape:
        return _scalar(value, kind, place)
    count = shape[0]
    if type(value) is not dict or len(value) != count:
        raise _wrong(place, f'an object with the keys "0" to "{count - 1}"', value)
    try:
        items = [value[str(i)] for i in range(count)]
    except KeyError:
        raise _wrong(place, f'an object with the keys "0" to "{count - 1}"', value) from None
    return [_value(item, kind, shape[1:], (place, i)) for i, item in enumerate(items)]


def _keys(value: Any, known: Mapping[str, Any] | tuple[str, ...], place: Place) -> None:
    """`value` is an object with exactly the `known` keys (those in OPTIONAL may be missing)."""
    if type(value) is not dict:
        raise _wrong(place, "an object", value)
    prefix = f"{_text(place)}." if place else ""
    if unknown := [k for k in value if k not in known]:
        key = _shown_key(unknown[0])
        raise LevelError(f"{prefix}{key}: unknown key{did_you_mean(key, known)}")
    if missing := [k for k in known if k not in value and k not in OPTIONAL]:
        raise LevelError(f"{prefix}{missing[0]}: missing key")


def _column_records(
    name: str, records: Any, fields: dict[str, Field], count: int, why: str
) -> Columns:
    """A list of records as one list per field."""
    if type(records) is not list:
        raise _wrong(name, f"an array of {count} records", records)
    if len(records) != count:
        raise LevelError(f"{name}: {count} records are expected ({why}), {len(records)} found")
    for i, record in enumerate(records):
        if type(record) is not dict or record.keys() != fields.keys():
            _keys(record, fields, (name, i))
    columns = {}
    for key, (kind, shape) in fields.items():
        default = OPTIONAL.get(key)
        columns[key] = [
            _value(record.get(key, default), kind, shape, ((name, i), key))
            for i, record in enumerate(records)
        ]
    return columns


def _parameters(params: Any, known: dict[str, Any], name: str) -> dict[str, Any]:
    """A parameter record as read, after a look at keys and types."""
    _keys(params, known, name)
    for key, default in known.items():
        shape = (len(default),) if isinstance(default, dict) else ()
        kind = type(default["0"]) if isinstance(default, dict) else type(default)
        if key in ENV_PARAMS or key == "max_shape_size":
            kind = float
        _value(params[key], kind, shape, (name, key))
    return params


def _size(static: dict[str, Any]) -> SceneSize:
    for key, value in _FIXED.items():
        if static[key] != value:
            raise LevelError(f"static_env_params.{key}: {value} is expected, not {static[key]}")
    try:
        return SceneSize(**{field: static[key] for key, field in SIZE_KEYS.items()})
    except KinetixError as error:
        raise LevelError(f"static_env_params: {error}") from None


def _decode(document: Any) -> LevelRecords:
    _keys(document, ("env_state", "env_params", "static_env_params"), "")
    env_params = _parameters(document["env_params"], ENV_PARAMS, "env_params")
    known = static_params(SceneSize(BOUNDARY, 0, 0, 0))
    static = _parameters(document["static_env_params"], known, "static_env_params")
    size = _size(static)
    state = document["env_state"]
    _keys(state, STATE_KEYS, "env_state")
    counts = {
        "polygon": (size.polygons, "static_env_params.num_polygons"),
        "circle": (size.circles, "static_env_params.num_circles"),
        "joint": (size.joints, "static_env_params.num_joints"),
        "thruster": (size.thrusters, "static_env_params.num_thrusters"),
        "acc_rr_manifolds": (2 * len(size.polygon_pairs), "two for each pair of polygons"),
        "acc_cr_manifolds": (len(size.circle_polygon_pairs), "one for each circle and polygon"),
        "acc_cc_manifolds": (len(size.circle_pairs), "one for each pair of circles"),
    }
    columns = {
        name: _column_records(name, state[name], fields, *counts[name])
        for name, fields in RECORDS.items()
    }
    matrix, shape = state["collision_matrix"], (size.bodies, size.bodies)
    _value(matrix, bool, shape, "collision_matrix")
    gravity = _value(state["gravity"], float, (2,), "gravity")
    return LevelRecords(size, columns, gravity, env_params, static)


def decode(text: str) -> LevelRecords:
    """The columns of a level in JSON text.

    Raises `LevelError` with the place, as in `polygon[4].position[0]`, what is expected there
    and what was found.
    """
    if not text.strip():
        raise LevelError("the file is empty; a level in JSON is expected")
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise LevelError(f"not JSON: {error}") from None
    except ValueError:  # Python reads no whole number beyond `sys.get_int_max_str_digits()`
        raise LevelError("not JSON: a number in it has more digits than can be read") from None
    return _decode(document)


# ---- writing ----


def _object(value: Any) -> Any:
    if isinstance(value, list):
        return {str(i): _object(item) for i, item in enumerate(value)}
    return value


def encode(records: LevelRecords, collision_matrix: list[list[bool]]) -> str:
    """JSON text in the published layout; a value that was read is written with the same digits."""
    state: dict[str, Any] = {}
    for key in STATE_KEYS:
        if key in RECORDS:
            columns = records.columns[key]
            state[key] = [
                dict(zip(columns, map(_object, slot), strict=True))
                for slot in zip(*columns.values(), strict=True)
            ]
    state["collision_matrix"] = _object(collision_matrix)
    state["gravity"] = _object(records.gravity)
    document = {
        "env_state": {key: state[key] for key in STATE_KEYS},
        "env_params": records.env_params,
        "static_env_params": records.static_env_params,
    }
    return json.dumps(document, allow_nan=False)
