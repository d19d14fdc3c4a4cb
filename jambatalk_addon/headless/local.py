"""A batch whose bakes are made in the very Blender that runs it."""

from pathlib import Path

from ...model_core.base.line_process import Message
from ...model_core.batch.engine import Engine
from ...model_core.batch.stations import Station
from ...model_core.batch.work import LOOK, Work
from ..machine import access
from . import bench


class ThisBlender(Station):
    """This process: what it is asked for is done at once.

    Args:
        engine: runs the batch, and hears the answers.
        device: on which the model runs; empty for what the preferences say.
    """

    def __init__(self, engine: Engine, device: str) -> None:
        access.use_device(device)
        self._engine = engine
        self.blender = bench.version()

    def look(self, path: Path, mesh: str) -> None:
        """Read the marks in a saved scene."""
        self._do({"op": LOOK, "path": str(path), "mesh": mesh})

    def bake(self, work: Work) -> None:
        """Bake."""
        self._do(work.message())

    def _do(self, message: Message) -> None:
        stops = self._engine.stops
        stops.raising = True
        try:
            answer = bench.answer(message)
        except KeyboardInterrupt:  # the engine ends what has no answer
            stops.at_once = True
            return
        finally:
            stops.raising = False
        self._engine.hear(self, lambda: True, answer)
