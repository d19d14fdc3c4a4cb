"""Every button says why it is grey, and every number what it counts."""

import bpy
from helpers import Addon

UNITS = ("mm", "frame", "factor", "share", "milliseconds", "number", "second", " db")


def registered(addon: Addon, kind: type) -> list[type]:
    return [each for each in addon("registration")._CLASSES if issubclass(each, kind)]


def test_every_operator_has_a_reason_of_its_own_when_grey(addon: Addon) -> None:
    reasoned = addon("operator_base").ReasonedOperator
    operators = registered(addon, bpy.types.Operator)
    assert len(operators) >= 12
    for operator in operators:
        assert issubclass(operator, reasoned), operator
        own = operator.disabled_reason.__func__
        assert own is not reasoned.disabled_reason.__func__, operator
        assert operator.poll.__func__ is reasoned.poll.__func__, operator


def test_every_tooltip_tells_and_numbers_have_units(scene: bpy.types.Scene, addon: Addon) -> None:
    for operator in registered(addon, bpy.types.Operator):
        assert operator.__doc__, operator
        assert not operator.__doc__.endswith("."), operator
    hidden = {"strip_name", "strip_scene", "strip_mark", "style_name", "batch_jobs"}
    hidden |= {"adjusted_take"}
    for prop in scene.jambatalk.bl_rna.properties:
        if prop.identifier in hidden | {"rna_type", "name"}:
            continue
        told = prop.description or [item.description for item in prop.enum_items]
        assert all(told), prop.identifier
        if prop.type in {"INT", "FLOAT"}:
            assert any(unit in prop.description.lower() for unit in UNITS), prop.identifier
