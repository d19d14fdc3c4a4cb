"""Values of options, read from text or taken from JSON, and held to what their fields allow."""

import math
from collections.abc import Callable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from .options import BakeOptions, Option, options

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def read_option(name: str, text: str) -> Any:
    """Return what a text says an option is to be.

    Args:
        name: the option's field.
        text: as people write it; a path is relative to the working folder.

    Raises:
        UserError: it cannot be that; half a sentence, to be put behind the option's name.
    """
    each, option = options()[name]
    if isinstance(each.default, bool):
        return _yes(text)
    if isinstance(each.default, int | float):
        return _within(_number(text), each, option)
    if option.choices:
        return _choice(text, each, option)
    if option.path:
        if not text.strip():
            raise UserError("it is empty")
        return str(Path(text).resolve())
    if option.check is not None:
        option.check(text)
    return _of_file(text, option.of_file) if option.of_file else text


def _of_file(path: str, read: Callable[[str], str]) -> str:
    try:
        return read(path)
    except UserError as error:
        raise UserError(str(error).rstrip(".")) from None


def options_of(values: Mapping[str, Any]) -> BakeOptions:
    """Return the options that JSON holds by field; those left out are at their defaults.

    Raises:
        UserError: there is no such option, or it cannot be that.
    """
    unknown = [name for name in values if name not in options()]
    if unknown:
        raise UserError(f"There is no option {unknown[0]!r}; there are {', '.join(options())}.")
    return BakeOptions(**{name: _checked(name, value) for name, value in values.items()})


def _checked(name: str, value: Any) -> Any:
    """Return a value of JSON if an option can be that."""
    each, option = options()[name]
    number = isinstance(each.default, int | float) and not isinstance(each.default, bool)
    if type(value) not in ((int, float) if number else (type(each.default),)):
        raise UserError(f"The option {name!r} cannot be {value!r}.")
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _within(value, each, option)
        if option.check is not None:
            option.check(value)
        return _choice(value, each, option) if option.choices else value
    except UserError as error:
        raise UserError(f"The option {name!r} is wrong: {error}.") from None


def _yes(text: str) -> bool:
    if text.casefold() not in _YES + _NO:
        raise UserError(f"'{text}' is not yes or no")
    return text.casefold() in _YES


def _choice(text: str, each: Field[Any], option: Option) -> str:
    """Return one of an option's choices, however it is written; a switch may be on or off."""
    if text.upper() in option.choices:
        return text.upper()
    if option.switch and text.casefold() in _YES + _NO:
        return option.switch if _yes(text) else str(each.default)
    also = ["yes", "no"] if option.switch else []
    raise UserError(f"'{text}' is not {' or '.join([*option.choices, *also]).lower()}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"'{text}' is not a number") from None


def _within(number: float, each: Field[Any], option: Option) -> float:
    """Return a number of the field's kind within an option's bounds."""
    try:
        number = float(number)
    except OverflowError:
        raise UserError("the number is larger than any that can be") from None
    if not (math.isfinite(number) and option.low <= number <= option.high):
        raise UserError(f"{number:g} is not {_bounds(option)}")
    if isinstance(each.default, int) and number != int(number):
        raise UserError(f"{number:g} is not a whole number")
    return int(number) if isinstance(each.default, int) else float(number)


def _bounds(option: Option) -> str:
    """Return in words what numbers an option may be."""
    if math.isfinite(option.low) and math.isfinite(option.high):
        return f"from {option.low:g} to {option.high:g}"
    if math.isfinite(option.low):
        return f"{option.low:g} or more"
    return f"{option.high:g} or less" if math.isfinite(option.high) else "a finite number"
