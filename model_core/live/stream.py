"""One live sound at a frame rate: chunks in, frames of weights out, and how long they took."""

from collections.abc import Iterable, Iterator
from time import perf_counter

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..base.units import MS_PER_S
from ..rig.lip_geometry import known_opening_per_unit
from ..speech.audio import SAMPLE_RATE, Samples
from .frame_rate import LiveFrameRate
from .model import LiveModel
from .timings import Timings

_FASTEST_FPS, _LONGEST_LOOKAHEAD = 1000.0, 10.0


class FrameStream:
    """Motion of a live sound at a frame rate.

    Args:
        model: that hears it.
        style: a style's name; the model's first if None.
        lookahead: seconds of sound after a frame that may be waited for.
        fps: frames a second; the model's own if None.

    Attributes:
        fps: frames a second.
        lookahead: the most seconds of sound that a frame waits for.
        timings: of the frames so far.

    Raises:
        UserError: the model has no such style, or frame rate or look-ahead cannot be.
    """

    def __init__(
        self, model: LiveModel, style: str | None, lookahead: float, fps: float | None
    ) -> None:
        face = model.face
        own = face.settings.decoder.fps
        self.fps = own if fps is None else fps
        if not 0 < self.fps <= _FASTEST_FPS:
            raise UserError(
                f"The frame rate must lie above 0 and up to {_FASTEST_FPS:g}, not {fps}."
            )
        if not 0 < lookahead <= _LONGEST_LOOKAHEAD:
            raise UserError(
                f"The look-ahead must lie above 0 and up to {_LONGEST_LOOKAHEAD * MS_PER_S:g} ms, "
                f"not {lookahead * MS_PER_S:g}."
            )
        motion = face.motion(np.empty((0, len(face.settings.names)), np.float32))
        opening = known_opening_per_unit(motion.topology, motion.basis)
        assert opening is not None  # the face rig's lips are known
        self._rate = LiveFrameRate(own, self.fps, opening.astype(np.float32))
        self._live = face.live(model.mixture(style), lookahead - self._rate.waits)
        self.lookahead = self._live.lookahead + self._rate.waits
        self.timings, self._samples = Timings(), 0

    def frames(self, chunks: Iterable[Samples]) -> Iterator[Array]:
        """Yield the frames (n, K) that each chunk makes known, mostly few, and then the rest."""
        for chunk in chunks:
            yield self._timed(chunk)
        yield self._timed(None)

    def _timed(self, chunk: Samples | None) -> Array:
        started = perf_counter()
        frames = self._heard(chunk)
        self.timings.add(perf_counter() - started, len(frames))
        return frames

    def _heard(self, chunk: Samples | None) -> Array:
        if chunk is not None:
            self._samples += len(chunk)
            return self._rate.take(np.maximum(self._live.hear(chunk), np.float32(0.0)))
        if not self._samples:
            raise UserError("The sound must be one channel with at least one sample.")
        rest = self._rate.take(np.maximum(self._live.end(), np.float32(0.0)))
        return np.concatenate([rest, self._rate.end(self._samples / SAMPLE_RATE)])
