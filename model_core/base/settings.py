"""Fields of dataclasses that say what they are for, so that command lines are made of them."""

from dataclasses import Field, field
from typing import Any

_KEY = "help"


def setting(default: Any, text: str) -> Any:
    """Return a field with a default and what it is for, in a few words."""
    return field(default=default, metadata={_KEY: text})


def help_of(each: Field[Any]) -> str:
    """Return what a field made by `setting` is for."""
    return str(each.metadata[_KEY])
