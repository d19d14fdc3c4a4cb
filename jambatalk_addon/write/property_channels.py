"""Custom properties that move a face through drivers, as sliders of a rig do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from . import fcurves
from .rig_channels import Channel


@dataclass(frozen=True)
class Slider:
    """A custom property.

    Attributes:
        owner: the data-block whose it is, or whose bone's.
        name: of the property.
        bone: name of the pose bone that has it; empty for the data-block itself.
        unit: value at which it does all that it is for: 1, or 100 of a slider in percent.
        index: its place among the sliders that are weighed.
    """

    owner: bpy.types.ID
    name: str
    bone: str = ""
    unit: float = 1.0
    index: int = 0

    @property
    def path(self) -> str:
        """Data path, from the data-block."""
        stem = f'pose.bones["{bpy.utils.escape_identifier(self.bone)}"]' if self.bone else ""
        return f'{stem}["{bpy.utils.escape_identifier(self.name)}"]'

    @property
    def holder(self) -> bpy.types.ID | bpy.types.PoseBone:
        """What has the property."""
        return self.owner.pose.bones[self.bone] if self.bone else self.owner

    @property
    def value(self) -> list[float]:
        """The value as it is now."""
        return [float(self.holder[self.name])]

    @property
    def rest(self) -> list[float]:
        """The value that does nothing."""
        return [0.0]

    def bring(self, numbers: list[float]) -> None:
        """Set the value, as one of its own kind."""
        whole = isinstance(self.holder[self.name], int)
        self.holder[self.name] = round(numbers[0]) if whole else float(numbers[0])

    def problem(self, ours: frozenset[str]) -> str | None:
        """Return in one sentence why speech cannot key it, or None; `ours` are our paths."""
        data = self.owner.animation_data
        if data is not None and any(each.data_path == self.path for each in data.drivers):
            return f"The property '{self.name}' has a driver; remove it."
        holder = fcurves.find_holder(self.owner)
        keyed = {curve.data_path for curve in holder.fcurves} if holder is not None else set()
        if self.path in keyed - ours:
            return (
                f"The property '{self.name}' has keys of yours; remove them or push them down to "
                "the NLA."
            )
        return None

    def numbers(self, mixed: Floats) -> Floats:
        """Return (T, 1) its values at weights (T, K)."""
        values: Floats = mixed[:, self.index : self.index + 1] * self.unit
        return values


@dataclass(frozen=True)
class SliderMoves:
    """The sliders that move a face.

    Attributes:
        owner: the data-block whose they are.
        sliders: each in its place.
    """

    owner: bpy.types.ID
    sliders: tuple[Slider, ...]
    word = "properties"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the properties."""
        return tuple(slider.name for slider in self.sliders)

    @property
    def called(self) -> str:
        """What moves, as the artist is told."""
        return f"the properties of '{self.owner.name}'"

    def channels(self) -> Sequence[Channel]:
        """Return the sliders."""
        return self.sliders

    def missing(self) -> list[str]:
        """Return nothing: sliders are found by their names."""
        return []

    def mix(self, weights: Floats) -> Floats:
        """Return the weights."""
        return weights

    def count(self, channels: Sequence[Channel]) -> int:
        """Return how many sliders there are."""
        return len(channels)

    def show(self, weights: Mapping[str, float]) -> None:
        """Set the sliders as some weights have them, all others at 0."""
        for slider in self.sliders:
            slider.bring([weights.get(slider.name, 0.0) * slider.unit])
        self.owner.update_tag()


def sliders_of(owner: bpy.types.ID) -> list[Slider]:
    """Return the custom properties of a data-block and its pose bones that speech may key.

    What a driver moves is left out: it follows from others.
    """
    data, pose = owner.animation_data, getattr(owner, "pose", None)
    driven = {each.data_path for each in data.drivers} if data is not None else set()
    found = [Slider(owner, name, unit=unit) for name, unit in _numbers(owner)]
    for bone in pose.bones if pose is not None else ():
        found += [Slider(owner, name, bone.name, unit) for name, unit in _numbers(bone)]
    free = [slider for slider in found if slider.path not in driven]
    firsts = {slider.name: slider for slider in reversed(free)}
    return [slider for slider in free if firsts[slider.name] is slider]


_PERCENT = 10.0  # a slider that goes beyond is in percent


def _numbers(holder: bpy.types.ID | bpy.types.PoseBone) -> list[tuple[str, float]]:
    """Return the numbers among custom properties, with the value at which each does all."""
    found = []
    for name in holder.keys():  # noqa: SIM118 - no mapping
        value = holder[name]
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            continue
        told = holder.id_properties_ui(name).as_dict()
        most = float(told.get("soft_max", 1.0))
        percent = _PERCENT <= most <= 1000.0
        if isinstance(value, int) and not percent:
            continue  # a switch
        found.append((name, most if percent else 1.0))
    return found
