"""The bake under way and the outcome of the last one: of this Blender, never saved in a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import bpy
from bpy.app.handlers import persistent

from ..write import ownership
from ..write.lasting import with_uid


class Kind(Enum):
    """How a bake ended; the value is the icon that shows it."""

    DONE = "CHECKMARK"
    WARNED = "INFO"
    CANCELLED = "CANCEL"
    FAILED = "ERROR"


@dataclass(frozen=True)
class Trace:
    """What a bake left on a mesh's shape keys: while it is there, what was told of it is true.

    Attributes:
        key: session id of the shape keys.
        record: the record on them, as stored.
    """

    key: int
    record: str

    @classmethod
    def of(cls, key: bpy.types.Key) -> Trace:
        """Remember what is on shape keys now."""
        return cls(key.session_uid, ownership.stored_record(key))

    def is_there(self) -> bool:
        """Return whether the shape keys still have it: neither undone, cleared nor baked over."""
        key = with_uid(bpy.data.shape_keys, self.key)
        return key is not None and ownership.stored_record(key) == self.record


@dataclass
class Status:
    """What the panel and the status bar show.

    Attributes:
        running: a bake is under way.
        cancelling: it was asked to end.
        fraction: how much of it is done, 0..1.
        message: what is being done.
        outcome: a sentence on the last bake, or empty.
        kind: how it ended.
        notes: sentences on what may surprise about it.
        scene: session id of the scene it was started in.
        trace: what it left on the mesh, or None if nothing.
        report: a line on each sound, and what may surprise: what, where, how long.
    """

    running: bool = False
    cancelling: bool = False
    fraction: float = 0.0
    message: str = ""
    outcome: str = ""
    kind: Kind = Kind.DONE
    notes: tuple[str, ...] = ()
    scene: int = 0
    trace: Trace | None = None
    report: tuple[str, ...] = ()

    def start(self, message: str, scene: int = 0) -> None:
        """Note that a bake begins in a scene."""
        self.forget()
        self.running, self.cancelling, self.scene = True, False, scene
        self.fraction, self.message = 0.0, message

    def finish(
        self,
        outcome: str,
        kind: Kind = Kind.DONE,
        notes: tuple[str, ...] = (),
        trace: Trace | None = None,
        report: tuple[str, ...] = (),
    ) -> None:
        """Note how a bake ended."""
        self.running = False
        self.outcome, self.kind, self.notes, self.trace = outcome, kind, notes, trace
        self.report = report

    def forget(self) -> None:
        """Drop the last outcome."""
        self.outcome, self.kind, self.notes, self.trace = "", Kind.DONE, (), None
        self.report = ()

    def is_true_in(self, scene: bpy.types.Scene) -> bool:
        """Return whether there is an outcome that is about a scene and still holds."""
        here = bool(self.outcome) and self.scene == scene.session_uid
        return here and (self.trace is None or self.trace.is_there())


STATUS = Status()
BUSY = "A bake or live speech is under way; wait for it or cancel it."
"""Why what would disturb a bake has to wait."""


def attach() -> None:
    """Have outcomes go with the file and with what they are about."""
    bpy.app.handlers.load_post.append(_on_load)
    bpy.app.handlers.undo_post.append(_on_undo)
    bpy.app.handlers.redo_post.append(_on_undo)


def detach() -> None:
    """Undo `attach`."""
    bpy.app.handlers.load_post.remove(_on_load)
    bpy.app.handlers.undo_post.remove(_on_undo)
    bpy.app.handlers.redo_post.remove(_on_undo)


@persistent
def _on_load(_file: object) -> None:
    STATUS.forget()


@persistent
def _on_undo(_scene: object) -> None:
    if STATUS.trace is None or not STATUS.trace.is_there():
        STATUS.forget()
