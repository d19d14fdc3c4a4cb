"""Performers of live speech: their styles follow what comes within 0.2 s, so they wait for it."""

from collections.abc import Sequence

import numpy as np

from ...base.arrays import Array
from ...base.errors import UserError
from ...base.units import MS_PER_S
from ...motion.motion import Motion
from ...speech.audio import Samples
from ..streaming.face import StreamingFace
from ..streaming.live import LiveStream
from .face import Neighbours, PerformedFace
from .style import REACH


class LivePerformers:
    """A model for live sounds with performers, used as the model is.

    Args:
        face: both.
        model: the model alone.
    """

    def __init__(self, face: PerformedFace, model: StreamingFace) -> None:
        self._face, self._model = face, model
        self.styles, self.settings = face.styles, model.settings

    def live(self, mixture: Sequence[float], lookahead: float) -> "LiveStream | PerformedLive":
        """Return a stream to give sound to as it comes.

        Raises:
            UserError: the look-ahead is shorter than the model's shortest and what a performer
                waits for.
        """
        base, shares = self._face.shared(mixture)
        if not any(shares):
            return self._model.live(base, lookahead)
        settings = self.settings
        waits = REACH / settings.decoder.fps
        least = settings.lookahead(settings.delays[0]) + waits
        if lookahead + 1e-9 < least:
            raise UserError(
                f"A performer's style follows what comes {waits * MS_PER_S:.0f} ms later; the "
                f"look-ahead must be at least {least * MS_PER_S:.0f} ms, not "
                f"{lookahead * MS_PER_S:.0f}."
            )
        live = self._model.live(base, lookahead - waits)
        return PerformedLive(live, waits, self._face.around(shares))

    def motion(self, outputs: Array) -> Motion:
        """Return outputs (T, K) of consecutive frames as a motion."""
        return self._model.motion(outputs)


class PerformedLive:
    """One live sound as performers say it.

    Args:
        live: the model's own stream.
        waits: seconds of motion after a frame that a style depends on.
        around: moves the model's outputs as they do.

    Attributes:
        lookahead: the most seconds of sound that a frame waits for.
    """

    def __init__(self, live: LiveStream, waits: float, around: Neighbours) -> None:
        self._live, self._around = live, around
        self.lookahead = live.lookahead + waits

    def hear(self, samples: Samples) -> Array:
        """Take the next samples (n,) at 16 kHz; return the frames (m, K) that can be told now."""
        return self._around.add(self._live.hear(samples))

    def end(self) -> Array:
        """Return the frames (m, K) that are left, as if silence followed."""
        before = self._around.add(self._live.end())
        return np.concatenate([before, self._around.end()])
