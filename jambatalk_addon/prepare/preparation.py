"""One head being prepared: its mesh to the worker, and the shapes that come back onto it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import bpy
import numpy as np

from ...model_core.base.errors import UserError
from ...model_core.rig.transfer.result import TransferredShapes
from ...model_core.worker.protocol import DONE
from ..worker.request import Request
from ..write.lasting import with_uid
from ..write.points import rest_geometry
from .keys import add_keys
from .landmarks import landmarks_of

_WAIT_SECONDS = 0.2


class Preparation:
    """A transfer under way.

    Args:
        head: mesh object.

    Raises:
        UserError: the worker cannot be started.
    """

    def __init__(self, head: bpy.types.Object) -> None:
        self._name, self._uid = head.name, head.session_uid
        self._folder = Path(tempfile.mkdtemp(prefix="jambatalk-"))
        self._shapes: TransferredShapes | None = None
        self._over = False
        geometry = rest_geometry(head)
        np.savez(
            self._folder / "head.npz",
            points=geometry.points,
            corners=geometry.corners,
            totals=geometry.totals,
        )
        try:
            self.request = Request(
                "transfer",
                mesh=str(self._folder / "head.npz"),
                landmarks=landmarks_of(head),
                output=str(self._folder / "shapes.npz"),
            )
        except BaseException:
            self.close()
            raise

    def poll(self, wait: float = 0.0) -> bool:
        """Return whether it is over; raises as `Request.poll`."""
        if self._over:  # told once; a render may make whoever asks wait
            return True
        event = self.request.poll(wait)
        if event is not None and event.get("event") == DONE:
            self._shapes = TransferredShapes.load(self._folder / "shapes.npz")
        self._over = event is not None
        return self._over

    def write(self) -> tuple[str, tuple[str, ...]] | None:
        """Make the keys; return a sentence on them and notes, or None if it was cancelled.

        Raises:
            UserError: the head is gone or changed; nothing is made.
        """
        shapes = self._shapes
        if shapes is None:
            return None
        head = with_uid(bpy.data.objects, self._uid)
        if head is None:
            raise UserError(f"'{self._name}' is gone; choose a head and prepare it.")
        add_keys(head, shapes.names, shapes.offsets)
        return f"'{head.name}' has {len(shapes.names)} shape keys now.", shapes.quality.warnings

    def cancel(self) -> None:
        """Ask for an end."""
        self.request.cancel()

    def abandon(self) -> None:
        """Let it end by itself."""
        self.request.cancel()

    def close(self) -> None:
        """Remove temporary files."""
        shutil.rmtree(self._folder, ignore_errors=True)


def prepare_and_wait(head: bpy.types.Object) -> tuple[str, tuple[str, ...]]:
    """Prepare a head and wait for it; return a sentence and notes.

    Raises:
        UserError: it cannot be prepared; nothing is made.
        WorkerError: the worker failed.
    """
    preparation = Preparation(head)
    try:
        while not preparation.poll(_WAIT_SECONDS):
            pass
        written = preparation.write()
    finally:
        preparation.close()
    if written is None:
        raise UserError("It was cancelled; nothing was made.")
    return written
