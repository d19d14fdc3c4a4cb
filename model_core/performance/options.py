"""Every option of a bake, once: the panel, the command line and requests are views of these fields.

A new option is one field here and one place where it acts. `arguments` below makes the command line
of the fields; the add-on makes its settings of them in `panel/options.py`.
"""

import argparse
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..base.errors import UserError

_KEY = "option"
_PREFIX = "option_"  # on parsed arguments, which have names of their own


@dataclass(frozen=True, kw_only=True)
class Option:
    """How a field is shown and what it may hold.

    Attributes:
        label: in the panel.
        text: what it does, with its unit; for tooltips and help.
        flag: on the command line, without dashes; the field's name if empty.
        low: least number.
        high: greatest number.
        soft_high: greatest number a slider shows.
        choices: names a text may be, with their label and what each does.
        switch: the choice that a plain ``--flag`` stands for; otherwise the flag takes a value.
        folder: a text is a folder on disk.
    """

    label: str
    text: str
    flag: str = ""
    low: float = -math.inf
    high: float = math.inf
    soft_high: float = math.inf
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    switch: str = ""
    folder: bool = False


def _option(default: Any, **about: Any) -> Any:
    return field(default=default, metadata={_KEY: Option(**about)})


CURVES, EXACT = "CURVES", "EXACT"
KEEP, REPLACE = "KEEP", "REPLACE"


@dataclass(frozen=True)
class BakeOptions:
    """How a motion is made and written; see each field's `Option`."""

    style: str = _option("", label="Style", text="Manner of speaking; the model's own if left out")
    strength: float = _option(
        1.0,
        label="Strength",
        text="How large the motion is, as a factor: 1 is the model's own",
        low=0.0,
        high=3.0,
        soft_high=2.0,
    )
    output: str = _option(
        CURVES,
        label="Output",
        text="What is written onto the mesh",
        flag="exact",
        switch=EXACT,
        choices={
            CURVES: ("Curves", "A few editable shape keys with light curves"),
            EXACT: ("Exact", "One absolute shape key a frame: exact, heavy and not editable"),
        },
    )
    tolerance_mm: float = _option(
        0.1,
        label="Tolerance (mm)",
        text="How many mm any vertex may stray for fewer keys; 0 keys every frame",
        flag="tolerance",
        low=0.0,
        soft_high=1.0,
    )
    edits: str = _option(
        KEEP,
        label="My Edits",
        text="What becomes of changes to a line that is baked again, where nobody is asked",
        choices={
            KEEP: ("Keep on Top", "Add what was changed to the new curves"),
            REPLACE: ("Replace", "Leave it out, and keep a copy of the action as it is"),
        },
    )
    checkpoint: str = _option(
        "",
        label="Model",
        text="Folder of another trained model; the one that ships if empty",
        folder=True,
    )

    @property
    def exact(self) -> bool:
        """Whether one absolute shape key a frame is written instead of curves."""
        return self.output == EXACT

    @property
    def replace_edits(self) -> bool:
        """Whether what was changed on a line is left out when it is baked again."""
        return self.edits == REPLACE

    def own(self) -> dict[str, Any]:
        """Return the options that are not at their defaults, by field."""
        defaults = asdict(BakeOptions())
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def options() -> dict[str, tuple[Field[Any], Option]]:
    """Return the fields of `BakeOptions` and what is said of each, by name, in order."""
    return {each.name: (each, each.metadata[_KEY]) for each in fields(BakeOptions)}


def add_arguments(parser: argparse.ArgumentParser, only: Collection[str] | None = None) -> None:
    """Give a command line a flag for each option, or for some, by field."""
    for name, (each, option) in options().items():
        if only is not None and name not in only:
            continue
        flag = f"--{option.flag or name.replace('_', '-')}"
        dest, default = _PREFIX + name, argparse.SUPPRESS  # else it reads a default as if typed
        if option.switch:
            text = _lowered(option.choices[option.switch][1])
            parser.add_argument(
                flag,
                action="store_const",
                const=option.switch,
                help=text,
                dest=dest,
                default=default,
            )
        else:
            text = f"{_lowered(option.text)}{_shown(each)}"
            shown = "|".join(option.choices).lower() or flag[2:].upper()
            read = _reader(each, option)
            parser.add_argument(
                flag, type=read, metavar=shown, help=text, dest=dest, default=default
            )


def from_arguments(arguments: argparse.Namespace) -> BakeOptions:
    """Return the options a command line set."""
    given = {name.removeprefix(_PREFIX): value for name, value in vars(arguments).items()}
    return BakeOptions(**{name: given[name] for name in options() if _PREFIX + name in arguments})


def _reader(each: Field[Any], option: Option) -> Callable[[str], Any]:
    """Return what reads a value from text, raising argparse's own error with a sentence."""

    def read(text: str) -> Any:
        try:
            return _value(text, each, option)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _value(text: str, each: Field[Any], option: Option) -> Any:
    if option.folder:
        if not text.strip():
            raise UserError("it is empty")
        return str(Path(text).resolve())
    if option.choices:
        return _choice(text, option)
    return _number(text, option) if isinstance(each.default, float) else text


def _choice(text: str, option: Option) -> str:
    """Return one of an option's choices, however it is written."""
    if text.upper() not in option.choices:
        raise UserError(f"'{text}' is not {' or '.join(option.choices).lower()}")
    return text.upper()


def _number(text: str, option: Option) -> float:
    """Return a number within an option's bounds."""
    try:
        number = float(text)
    except ValueError:
        raise UserError(f"'{text}' is not a number") from None
    if not (option.low <= number <= option.high and math.isfinite(number)):
        bounded = math.isfinite(option.high)
        limits = f"from {option.low:g} to {option.high:g}" if bounded else f"{option.low:g} or more"
        raise UserError(f"{text} is not {limits}")
    return number


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _shown(each: Field[Any]) -> str:
    return f" ({each.default:g})" if isinstance(each.default, float) else ""
