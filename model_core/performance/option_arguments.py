"""The options of a bake as a command line, made of the fields of `BakeOptions`."""

import argparse
from collections.abc import Callable, Collection, Sequence
from dataclasses import Field
from typing import Any

from ..base.errors import UserError
from .option_values import read_option
from .options import BakeOptions, Option, options, words

_Arguments = argparse.ArgumentParser | argparse._ArgumentGroup
_PREFIX = "option_"  # on parsed arguments, which have names of their own


def add_arguments(parser: _Arguments, only: Collection[str] | None = None) -> None:
    """Give a command line a flag for each option, or for some, by field."""
    chosen = {word: name for word, name in words().items() if only is None or name in only}
    for family in dict.fromkeys(options()[name][1].family for name in chosen.values()):
        if family:
            _add_family(parser, family)
    for word, name in chosen.items():
        if not options()[name][1].family:
            flag = f"--{word.replace('_', '-')}"
            # A default would be read as if it had been typed.
            about = {"dest": _PREFIX + name, "default": argparse.SUPPRESS}
            parser.add_argument(flag, **about | _argument(word, *options()[name]))


def from_arguments(arguments: argparse.Namespace) -> BakeOptions:
    """Return the options a command line set; the others are at their defaults."""
    return BakeOptions(**given_in(arguments))


def given_in(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that a command line names, by field."""
    given = {name.removeprefix(_PREFIX): value for name, value in vars(arguments).items()}
    return {name: given[name] for name in options() if _PREFIX + name in arguments}


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
        "metavar": "FILE" if option.of_file else "|".join(option.choices).lower() or word.upper(),
        "help": _lowered(option.text) + (f" ({each.default:g})" if number else ""),
    }


class _Family(argparse.Action):
    """Sets the options of a family, each told as NAME:NUMBER or as NAME alone, which is 1."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Set what one use of the flag tells; raises argparse's own error with a sentence."""
        names = _members(self.dest)
        changes = [told for told in values if "@" in told]
        if changes:
            self._set_changes(namespace, changes)
        for told in values:
            if told in changes:
                continue
            member, _, number = told.partition(":")
            if member.casefold() not in names:
                known = ", ".join(names)
                after = f"there are {known}, and --{self.dest} goes behind the names of files"
                raise argparse.ArgumentError(self, f"'{told}' is no {self.dest}: {after}")
            name = names[member.casefold()]
            try:
                setattr(namespace, _PREFIX + name, read_option(name, number or "1"))
            except UserError as error:
                raise argparse.ArgumentError(self, f"{member}: {error}") from None

    def _set_changes(self, namespace: argparse.Namespace, told: Sequence[str]) -> None:
        """Set what one use of the flag tells of changes over time."""
        name = f"{self.dest}_changes"
        try:
            setattr(namespace, _PREFIX + name, read_option(name, " ".join(told)))
        except UserError as error:
            raise argparse.ArgumentError(self, str(error)) from None


def _add_family(parser: _Arguments, family: str) -> None:
    """Give a command line the flag of a family."""
    parser.add_argument(
        f"--{family}",
        nargs="+",
        action=_Family,
        default=argparse.SUPPRESS,
        metavar="NAME:AMOUNT",
        help=f"the face's {family}, by an amount from 0 to 1.5: {', '.join(_members(family))}; "
        "with @SECOND behind it, what it comes to then",
    )


def _members(family: str) -> dict[str, str]:
    """Return the fields of a family by what a command line calls them."""
    fields = [name for name, (_, about) in options().items() if about.family == family]
    return {name.removeprefix(f"{family}_"): name for name in fields}


def _reader(name: str) -> Callable[[str], Any]:
    """Return what reads a value from text, raising argparse's own error with a sentence."""

    def read(text: str) -> Any:
        try:
            return read_option(name, text)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _lowered(text: str) -> str:
    """Begin with a small letter, but for names as JSON."""
    return text if text[1:2].isupper() else text[0].lower() + text[1:]
