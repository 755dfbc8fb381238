"""What a config dataclass says about its settings: type, default and the text below each field."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import textwrap
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

MISSING = dataclasses.MISSING


@dataclass(frozen=True)
class Setting:
    """One setting. `key` is its full name; `default` is `MISSING` where a value must be given."""

    key: str
    hint: Any
    default: Any
    doc: str

    @property
    def type_text(self) -> str:
        """As `int`, `tanh|relu`, `list of float`."""
        return _type_text(self.hint)

    @property
    def default_text(self) -> str:
        """As it is written on the command line; `required` where there is none."""
        return "required" if self.default is MISSING else value_text(self.default)


def settings_of(config: type, prefix: str) -> list[Setting]:
    """The settings of a config dataclass in order, those of nested dataclasses included."""
    hints = typing.get_type_hints(config)
    docs = field_docs(config)
    found = []
    for field in dataclasses.fields(config):
        key, hint = f"{prefix}.{field.name}" if prefix else field.name, hints[field.name]
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            found += settings_of(hint, key)
            continue
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        found.append(Setting(key, hint, default, docs.get(field.name, "")))
    return found


@functools.cache
def field_docs(config: type) -> dict[str, str]:
    """The string literal below each field, by field name; read from the source when asked for."""
    docs: dict[str, str] = {}
    for cls in reversed(config.__mro__):
        if dataclasses.is_dataclass(cls):
            docs.update(_literals_below_fields(cls))
    return docs


def _literals_below_fields(cls: type) -> Iterator[tuple[str, str]]:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError):  # made at run time: there is no source to read
        return
    assert isinstance(body, ast.ClassDef)
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield field.target.id, " ".join(text.value.value.split())


def value_text(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, Enum):
        return value.name
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ",".join(value_text(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {value_text(v)}" for k, v in value.items()) + "}"
    return str(value) if value != "" else "''"


def expected(hint: Any) -> str:
    """What a type takes, in words: `a whole number or null`."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(member.name for member in hint)
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    if hint in words:
        return words[hint]
    if hint is type(None):
        return "null"
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(expected(a) for a in args)
    if origin in (tuple, list):
        plural = {int: "whole numbers", float: "numbers", bool: "true or false", str: "texts"}
        inner = plural.get(args[0], "values") if args else "values"
        return f"a list of {inner} as [a,b]"
    return _type_text(hint)


def _type_text(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "|".join(member.name for member in hint)
    if hint is type(None):
        return "null"
    if hint is Any:
        return "any"
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return "|".join(_type_text(a) for a in args)
    if origin in (tuple, list):
        return f"list of {_type_text(args[0])}" if args else "list"
    return getattr(hint, "__name__", str(hint))
