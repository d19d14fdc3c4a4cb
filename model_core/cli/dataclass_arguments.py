"""A command's arguments made of a dataclass: a flag a field, with its type, choices and default.

What a field is for stands in its metadata, put there by `base.settings.setting`.
"""

import argparse
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from ..base.settings import help_of

Settings = TypeVar("Settings")


def add_fields(group: "argparse._ArgumentGroup", settings: type) -> None:
    """Describe an argument for each field of a dataclass; all have defaults."""
    hints = get_type_hints(settings)
    for each in fields(settings):
        flag, text = f"--{each.name.replace('_', '-')}", help_of(each)
        if isinstance(each.default, bool):
            group.add_argument(flag, action="store_true", help=text)
            continue
        kind, choices = _read_as(hints[each.name])
        shown = text if each.default is None else f"{text} (default {each.default})"
        group.add_argument(flag, type=kind, default=each.default, choices=choices, help=shown)


def settings_of(settings: type[Settings], args: argparse.Namespace) -> Settings:
    """Return the dataclass that arguments give."""
    return settings(**{each.name: getattr(args, each.name) for each in fields(settings)})  # type: ignore[arg-type]


def _read_as(hint: Any) -> tuple[type, tuple[str, ...] | None]:
    """Return the type and the choices of an annotation such as ``int | None`` or a Literal."""
    if get_origin(hint) is Literal:
        return str, get_args(hint)
    if isinstance(hint, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    return hint, None
