"""The options of a bake as a request tells them: an object ``options``, by field."""

from collections.abc import Mapping
from typing import Any

from ..base.errors import UserError
from ..performance.option_values import options_of
from ..performance.options import BakeOptions

# Where version 0.1 told some of them, which is still read.
_BESIDE = ("style", "checkpoint", "seed")
_IN_CURVES = ("strength", "tolerance_mm")


def requested_options(fields: Mapping[str, Any]) -> BakeOptions:
    """Return the options of a request. Raises `UserError` if it has one that cannot be."""
    curves = section(fields, "curves")
    beside = {name: fields[name] for name in _BESIDE if fields.get(name) is not None}
    within = {name: curves[name] for name in _IN_CURVES if curves.get(name) is not None}
    return options_of({**beside, **within, **section(fields, "options")})


def section(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object of a request; empty where it is left out or null."""
    value = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise UserError(f'"{name}" must be an object, not {value!r}.')
    return value or {}
