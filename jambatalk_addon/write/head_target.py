"""What turns as a character's head: an object, or a bone of an armature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy


@dataclass(frozen=True)
class HeadTarget:
    """An object or one of its bones, by what stays the same while a model runs.

    Attributes:
        uid: the object's `session_uid`.
        bone: name of the pose bone; empty for the object itself.
    """

    uid: int
    bone: str = ""

    @classmethod
    def of(cls, settings: Any) -> HeadTarget | None:
        """Return the head that a scene's settings name, or None if they name none."""
        obj = settings.head_object
        if obj is None:
            return None
        return cls(obj.session_uid, settings.head_bone if obj.type == "ARMATURE" else "")

    def find(self) -> bpy.types.Object | None:
        """Return the object, or None if it is gone."""
        return next((obj for obj in bpy.data.objects if obj.session_uid == self.uid), None)
