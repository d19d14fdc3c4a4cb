"""The options of a bake as a command line, made of the fields of `BakeOptions`."""

import argparse
from collections.abc import Callable, Collection
from dataclasses import Field
from typing import Any

from ..base.errors import UserError
from .option_values import read_option
from .options import BakeOptions, Option, options, words

_PREFIX = "option_"  # on parsed arguments, which have names of their own


def add_arguments(parser: argparse.ArgumentParser, only: Collection[str] | None = None) -> None:
    """Give a command line a flag for each option, or for some, by field."""
    for word, name in words().items():
        if only is None or name in only:
            flag = f"--{word.replace('_', '-')}"
            # A default would be read as if it had been typed.
            about = {"dest": _PREFIX + name, "default": argparse.SUPPRESS}
            parser.add_argument(flag, **about | _argument(word, *options()[name]))


def from_arguments(arguments: argparse.Namespace) -> BakeOptions:
    """Return the options a command line set."""
    given = {name.removeprefix(_PREFIX): value for name, value in vars(arguments).items()}
    return BakeOptions(**{name: given[name] for name in options() if _PREFIX + name in arguments})


def _argument(word: str, each: Field[Any], option: Option) -> dict[str, Any]:
    """Return how argparse reads an option and helps with it."""
    if option.switch:
        text = _lowered(option.choices[option.switch][1])
        return {"action": "store_const", "const": option.switch, "help": text}
    if isinstance(each.default, bool):
        text = f"{_lowered(option.text)} ({'yes' if each.default else 'no'})"
        return {"action": argparse.BooleanOptionalAction, "help": text}
    number = isinstance(each.default, int | float)
    return {
        "type": _reader(each.name),
        "metavar": "|".join(option.choices).lower() or word.upper(),
        "help": _lowered(option.text) + (f" ({each.default:g})" if number else ""),
    }


def _reader(name: str) -> Callable[[str], Any]:
    """Return what reads a value from text, raising argparse's own error with a sentence."""

    def read(text: str) -> Any:
        try:
            return read_option(name, text)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]
