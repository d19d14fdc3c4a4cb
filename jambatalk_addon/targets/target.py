"""Which kind of mesh an object is to those who would have it speak."""

from __future__ import annotations

import json
from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.preference import AUTO, OUR_SHAPES, OWN_KEYS
from ...model_core.targets.registry import find_target
from ...model_core.targets.rig_target import Geometry, RigTarget
from ...model_core.targets.shape_map import ShapeMap
from ..write import ownership
from ..write.points import rest_geometry
from .own_keys import OwnKeys

_DEFAULTS = BakeOptions()


def target_of(obj: bpy.types.Object, wanted: BakeOptions = _DEFAULTS) -> RigTarget:
    """Return what a mesh object can be spoken with; it tells its problem if it cannot.

    Args:
        obj: mesh object.
        wanted: says what is preferred, and which key does what.

    Raises:
        UserError: the list of which key does what is none.
    """
    prefer, record = wanted.target, ownership.read(obj.data)
    if prefer == AUTO and record is not None:  # lines baked before go on as they are
        prefer = OUR_SHAPES if record.made_shapes or record.absolute else OWN_KEYS
    return find_target(geometry_of(obj), obj.name, prefer, map_of(wanted))


def geometry_of(obj: bpy.types.Object) -> Geometry:
    """Return a mesh with those of its keys that a bake may drive, whose offsets are read late."""
    keys = OwnKeys(obj)
    return replace(rest_geometry(obj), keys=keys, ranges=keys.ranges())


def map_of(wanted: BakeOptions) -> ShapeMap | None:
    """Return which key does what, if that is said. Raises `UserError` if it is no such list."""
    if not wanted.shape_map:
        return None
    try:
        return ShapeMap.from_json(json.loads(wanted.shape_map))
    except ValueError as error:
        raise UserError(f"The list of shapes is not JSON ({error}); reset it.") from None
