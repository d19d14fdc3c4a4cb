"""The shape keys that a mesh has of its own: which a bake may drive, and what each does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import bpy
import numpy as np
from numpy.typing import NDArray

from ..write.driven import held
from ..write.ownership import Record
from ..write.points import points
from ..write.prints import known_now


class OwnKeys(Mapping[str, NDArray[np.float32]]):
    """A mesh's own keys by name, each (V, 3) offsets at value 1 that are read when asked for.

    Left out are the reference key, what bakes made, and what drivers or curves of the artist's
    move: a curve of ours would do nothing there, or undo theirs.

    Args:
        obj: mesh object; it must live as long as this does.
    """

    def __init__(self, obj: bpy.types.Object) -> None:
        self._obj, key = obj, obj.data.shape_keys
        blocks = key.key_blocks if key is not None and key.use_relative else ()
        record = known_now(key) if blocks else Record()
        left = {*record.made_shapes, *(held(key, record) if blocks else ())}
        own = (block.name for block in blocks if block != key.reference_key)
        self._names = tuple(name for name in own if name not in left)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self._names:
            raise KeyError(name)
        block = self._obj.data.shape_keys.key_blocks[name]
        offsets = points(block) - points(block.relative_key)
        return offsets * self._mask(block.vertex_group) if block.vertex_group else offsets

    def __contains__(self, name: object) -> bool:
        return name in self._names  # a mapping's own way reads the offsets

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the lowest and highest value of each key's slider."""
        blocks = self._obj.data.shape_keys.key_blocks if self._names else {}
        found = (blocks[name] for name in self._names)
        return {block.name: (block.slider_min, block.slider_max) for block in found}

    def _mask(self, group: str) -> NDArray[np.float32]:
        """Return (V, 1) how much of each vertex's offset a vertex group lets through."""
        index = self._obj.vertex_groups.find(group)
        vertices = self._obj.data.vertices
        if index < 0:  # Blender takes no notice of a group that is gone
            return np.ones((len(vertices), 1), np.float32)
        mask = np.zeros((len(vertices), 1), np.float32)
        for vertex in vertices:
            for membership in vertex.groups:
                if membership.group == index:
                    mask[vertex.index] = membership.weight
        return mask
