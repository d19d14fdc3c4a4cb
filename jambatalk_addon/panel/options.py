"""The options of a bake as Blender properties, made of the fields of `BakeOptions`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import Field
from typing import Any

import bpy

from ...model_core.performance.options import BakeOptions, Option, options

STYLE = "style"
STYLE_NAME = "style_name"
"""Where the style is kept; `style` is a menu over it, whose items come from the checkpoint."""


def option_properties(updates: Mapping[str, Callable[[Any, Any], None]]) -> type:
    """Return a base class for settings, with a property for each option but the style's menu.

    Args:
        updates: what is called when an option was changed, by its name.
    """
    made = {
        _kept_as(name): _property(each, option, updates.get(name))
        for name, (each, option) in options().items()
    }
    return type("OptionProperties", (), {"__annotations__": made})


def read(settings: Any) -> BakeOptions:
    """Return the options that settings hold; paths are absolute."""
    values = {name: _value(settings, name) for name in options()}
    paths = [name for name, (_, option) in options().items() if option.path and values[name]]
    return BakeOptions(**values | {name: bpy.path.abspath(values[name]) for name in paths})


def _value(settings: Any, name: str) -> Any:
    """Return what settings hold; a number as it was set, for Blender keeps it less precisely."""
    value = getattr(settings, _kept_as(name))
    return round(value, 6) if isinstance(value, float) else value


def write(settings: Any, chosen: BakeOptions) -> None:
    """Put options into settings, where the panel shows them."""
    write_some(settings, {name: getattr(chosen, name) for name in options()})


def write_some(settings: Any, chosen: Mapping[str, Any]) -> None:
    """Put some options into settings, by field."""
    for name, value in chosen.items():
        setattr(settings, _kept_as(name), value)


def told(settings: Any) -> dict[str, object]:
    """Return what a report says of the options that are not at their defaults: no paths."""
    own = ((options()[name][1], value) for name, value in read(settings).own().items())
    return {about.label: "another" if _is_private(about) else value for about, value in own}


def _is_private(about: Option) -> bool:
    """Return whether an option's value is left out of reports: paths, and what is in files."""
    return about.path or about.of_file is not None


def draw(layout: bpy.types.UILayout, settings: Any, place: str) -> None:
    """Draw the options of one part of the panel, in order; numbers between bounds as sliders."""
    for name, (each, about) in options().items():
        if about.place != place:
            continue
        row = layout.row(align=True)
        row.enabled = all(getattr(settings, other) == it for other, it in about.only_if.items())
        bounded = not isinstance(each.default, str) and math.isfinite(about.high)
        row.prop(settings, name, slider=bounded, expand=about.side_by_side)


def _kept_as(name: str) -> str:
    return STYLE_NAME if name == STYLE else name


def _property(each: Field[Any], option: Option, update: Callable[[Any, Any], None] | None) -> Any:
    about = {"name": option.label, "description": option.text, "default": each.default}
    about |= {"update": update} if update is not None else {}
    if option.choices:
        items = [(value, *shown) for value, shown in option.choices.items()]
        return bpy.props.EnumProperty(items=items, **about)
    if isinstance(each.default, bool):
        return bpy.props.BoolProperty(**about)
    if isinstance(each.default, int):
        bounds = {name: int(value) for name, value in _bounds(option).items()}
        return bpy.props.IntProperty(**bounds, **about)
    if isinstance(each.default, float):
        return bpy.props.FloatProperty(step=1, precision=2, **_bounds(option), **about)
    kind = "DIR_PATH" if option.folder else "FILE_PATH" if option.file else "NONE"
    return bpy.props.StringProperty(subtype=kind, **about)


def _bounds(option: Option) -> dict[str, float]:
    """Return a number's bounds, as far as it has some."""
    found = {"min": option.low, "max": option.high, "soft_max": option.soft_high}
    return {name: value for name, value in found.items() if math.isfinite(value)}
