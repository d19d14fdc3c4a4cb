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
        about = _read_as(hints[each.name]) | {"default": each.default, "help": help_of(each)}
        group.add_argument(f"--{each.name.replace('_', '-')}", **about)


def settings_of(settings: type[Settings], args: argparse.Namespace) -> Settings:
    """Return the dataclass that arguments give."""
    given = {each.name: getattr(args, each.name) for each in fields(settings)}  # type: ignore[arg-type]
    return settings(**{name: _frozen(value) for name, value in given.items()})


def _read_as(hint: Any) -> dict[str, Any]:
    """Return how argparse reads what is annotated so: ``int | None``, a Literal, several texts."""
    if hint is bool:
        return {"action": "store_true"}
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if get_origin(hint) is tuple:
        return {"nargs": "+", "type": get_args(hint)[0]}
    if isinstance(hint, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    return {"type": hint}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
