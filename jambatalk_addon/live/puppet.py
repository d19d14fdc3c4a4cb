"""What live speech moves: the shape keys of a mesh and of what belongs to it, or a rig."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import bpy
import numpy as np

from ...model_core.base.errors import UserError
from ...model_core.motion.motion import Motion
from ...model_core.motion.tongue import split_tongue
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.preference import OUR_SHAPES, OWN_KEYS
from ...model_core.targets.rig_target import RigTarget
from ..bake.dragged import own_target
from ..bones.rigs import Rig, known_measure, rig_of
from ..targets.target import target_of
from ..write import companions, driven, ownership, shape_keys
from ..write.lasting import with_uid
from ..write.ownership import Record
from . import kept

_TAKE = "Live"
_HIGHEST = 2.0  # of a slider that is made: no weight is to be cut off

Values: TypeAlias = "Mapping[str, float]"


class Puppet(Protocol):
    """What is moved, a frame at a time."""

    def show(self, frame: Motion) -> None:
        """Have it look as a motion of one frame.

        Raises:
            UserError: it is gone.
        """


def take_hold(obj: bpy.types.Object, wanted: BakeOptions, first: Motion) -> Puppet:
    """Remember how a character is, and return what moves it from now on.

    Args:
        obj: the mesh or armature that speaks, which has no problem.
        wanted: says which key does what, and which are preferred.
        first: one frame of what is to come.

    Raises:
        UserError: it cannot be measured, or it has an exact bake.
    """
    rig = rig_of(obj, wanted)
    if rig is not None:
        return _RigPuppet.of(rig)
    target = target_of(obj, wanted)
    if target.drives_own_keys:
        return _hold_own_keys(obj, own_target(obj, replace(wanted, target=OWN_KEYS)), first)
    return _hold_head(obj, target_of(obj, replace(wanted, target=OUR_SHAPES)), first)


@dataclass(frozen=True)
class _Keys:
    """Shape keys that are set: of which mesh object, and what each is called by what it does."""

    uid: int
    name: str
    called: Mapping[str, str]

    @classmethod
    def of(cls, obj: bpy.types.Object, called: Mapping[str, str]) -> _Keys:
        return cls(obj.session_uid, obj.name, called)

    def set(self, values: Values) -> None:
        """Set them. Raises `UserError` if the object or its shape keys are gone."""
        obj = _found(self.uid, self.name)
        key = obj.data.shape_keys if obj is not None else None
        if key is None:
            raise UserError(f"'{self.name}' or its shape keys were deleted.")
        wanted = {self.called[name]: values[name] for name in self.called.keys() & values.keys()}
        _set_values(key, wanted)


def _set_values(key: bpy.types.Key, wanted: Values) -> None:
    """Set shape keys by their names, without what setting one of them alone has drawn anew.

    That is the sidebar, the properties, the outliner and the timeline: a quarter of the drawing.
    """
    blocks = key.key_blocks
    values = np.empty(len(blocks), np.float32)
    blocks.foreach_get("value", values)
    for number, name in enumerate(blocks.keys()):
        values[number] = wanted.get(name, values[number])
    blocks.foreach_set("value", values)
    key.update_tag()


def _found(uid: int, name: str) -> bpy.types.ID | None:
    """Return an object, or the data of one; by its name first, which is quicker at every frame."""
    every = (bpy.data.objects, bpy.data.armatures, bpy.data.meshes)
    named = (blocks.get(name) for blocks in every)
    same = (each for each in named if each is not None and each.session_uid == uid)
    others = (with_uid(blocks, uid) for blocks in every)
    return next(same, None) or next(filter(None, others), None)


@dataclass(frozen=True)
class _KeyPuppet:
    """A mesh that is moved by shape keys, and the meshes that move along."""

    target: RigTarget
    keys: Sequence[_Keys]

    def show(self, frame: Motion) -> None:
        """Set the keys as a motion of one frame has them."""
        tongue = _values_of(split_tongue(frame)[1])
        values = tongue | {n: float(each[0]) for n, each in self.target.values(frame).items()}
        for keys in self.keys:
            keys.set(values)


def _values_of(frame: Motion) -> dict[str, float]:
    return dict(zip(frame.names, map(float, frame.weights[0]), strict=True))


def _hold_own_keys(obj: bpy.types.Object, target: RigTarget, first: Motion) -> Puppet:
    names = list(target.values(first))
    key = obj.data.shape_keys
    kept.keep_keys(key, names)
    same = {name: name for name in names}
    return _KeyPuppet(target, [_Keys.of(obj, same), *_hold_companions(obj, same, first)])


def _hold_head(obj: bpy.types.Object, target: RigTarget, first: Motion) -> Puppet:
    """Give a head the shapes that it lacks for as long as it speaks live."""
    record = ownership.read(obj.data) or Record()
    if record.absolute:
        raise UserError(f"'{obj.name}' has an exact bake; clear it to move the head live.")
    placed = target.place(split_tongue(first)[0])
    bare, active = obj.data.shape_keys is None, obj.active_shape_key_index
    if bare:
        obj.shape_key_add(name="Basis", from_mix=False)
    key = obj.data.shape_keys
    before = {block.name: block.value for block in key.key_blocks}
    called = shape_keys.write_shapes(obj, placed.names, placed.basis, record, _TAKE, _TAKE)
    for name in before.keys() & set(called):
        key.key_blocks[name].value = before[name]
    made = [name for name in called if name not in before]
    for name in made:
        key.key_blocks[name].slider_max = _HIGHEST
    kept.keep_keys(key, called, made, reference=bare)
    obj.active_shape_key_index = active
    names = dict(zip(placed.names, called, strict=True))
    return _KeyPuppet(target, [_Keys.of(obj, names), *_hold_companions(obj, names, first)])


def _hold_companions(
    obj: bpy.types.Object, names: Mapping[str, str], first: Motion
) -> Iterator[_Keys]:
    """Yield what moves along with a head: keys called as its own, and a tongue's."""
    wanted = dict(names) | {name: name for name in split_tongue(first)[1].names}
    for other in companions.companions_of(obj):
        key = other.data.shape_keys
        moved = driven.held(key)
        found = {n: k for n, k in wanted.items() if k in key.key_blocks and k not in moved}
        if found and other.library is None and other.data.library is None:
            kept.keep_keys(key, found.values())
            yield _Keys.of(other, found)


@dataclass(frozen=True)
class _RigPuppet:
    """A rig that is posed."""

    rig: Rig
    target: RigTarget
    uid: int
    name: str

    @classmethod
    def of(cls, rig: Rig) -> _RigPuppet:
        """Remember how a rig is posed, and measure it. Raises as `bones.rigs.measure`."""
        target, owner = known_measure(rig).target, rig.moves.owner
        kept.keep_channels(owner, rig.moves.channels())
        return cls(rig, target, owner.session_uid, owner.name)

    def show(self, frame: Motion) -> None:
        """Pose it as a motion of one frame has it. Raises `UserError` if it is gone."""
        if _found(self.uid, self.name) is None:
            raise UserError(f"'{self.name}' was deleted.")
        moves, values = self.rig.moves, self.target.values(frame)
        at = [float(values[name][0]) if name in values else 0.0 for name in moves.names]
        mixed = moves.mix(np.array([at]))
        for channel in moves.channels():  # no others: they are not remembered, nor keyed by a bake
            channel.bring(channel.numbers(mixed)[0].tolist())
        moves.owner.update_tag()
