"""Fields of dataclasses that say what they are for, so that command lines are made of them."""

from dataclasses import Field, asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_KEY = "help"


def setting(default: Any, text: str, shown: str | None = None) -> Any:
    """Return a field that has a default and says what it is for.

    Args:
        default: its value where nothing is chosen.
        text: what it is for, in a few words.
        shown: the default in words; the value itself if None.
    """
    plain = default is None or default is False or default == ()  # nothing to tell of
    told = shown if plain or shown else str(default)
    return field(default=default, metadata={_KEY: f"{text} (default {told})" if told else text})


def help_of(each: Field[Any]) -> str:
    """Return what a field made by `setting` is for, with its default."""
    return str(each.metadata[_KEY])


def plain(chosen: "DataclassInstance") -> dict[str, Any]:
    """Return settings by name, as JSON keeps them: paths are text."""
    return {name: _plain(value) for name, value in asdict(chosen).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value
