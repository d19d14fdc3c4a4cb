"""Speech to motion with a trained model: what the command line, the worker and tests call."""

import os
from collections.abc import Mapping
from typing import Self

import numpy as np

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.errors import UserError
from ..base.room import let_go
from ..engine.choice import Runtime, choose_runtime
from ..engine.on_device import OnDevice
from ..motion.motion import Motion
from ..motion.resampling import resample
from ..performance.options import MOST_VARIED
from ..performance.silence import rest_in_silence
from ..speech.audio import Samples
from .checkpoint import load_checkpoint
from .face_model import NO_LIFE, FaceModel, Progress, ignore
from .registry import load_model
from .style_shares import shares_of

_FASTEST_FPS = 1000.0
_BLOCK = 1 << 20  # samples that are looked at together


class Predictor:
    """A loaded model, ready for any number of sounds.

    Args:
        computed: what turns sound into motion, and what computes it.
    """

    def __init__(self, computed: OnDevice[FaceModel]) -> None:
        self._computed = computed

    @property
    def runtime(self) -> Runtime:
        """What computes; its note says if that is not what was chosen."""
        return self._computed.runtime

    @classmethod
    def load(
        cls,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str = "auto",
        engine: str = "auto",
    ) -> Self:
        """Load a checkpoint's folder; the model that ships with the product if None.

        Args:
            checkpoint: the folder.
            device: auto (a CUDA device if one serves, else the CPU), cpu, cuda or mps.
            engine: auto (torch where it is installed, else onnxruntime), torch or onnxruntime.

        Raises:
            UserError: the checkpoint is missing or damaged, or device or engine are not there.
        """
        runtime = choose_runtime(device, engine)
        stored = load_checkpoint(checkpoint or DEFAULT_CHECKPOINT)
        return cls(OnDevice(lambda chosen: load_model(stored, chosen), runtime, device))

    @property
    def notes(self) -> list[str]:
        """What to say of what computes; mostly nothing."""
        return [self.runtime.note] if self.runtime.note else []

    def notes_on_take(self, take: int) -> list[str]:
        """What to say of a take: that there are none, of a model that has but one style."""
        if not take or self._model.varies:
            return []
        return ["This model has no takes: the mouth moves as in take 0."]

    @property
    def _model(self) -> FaceModel:
        return self._computed.model

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the speaking styles; the first is the default."""
        return self._model.styles

    def predict(
        self,
        samples: Samples,
        fps: float = 30.0,
        style: str | Mapping[str, float] | None = None,
        seed: int = 0,
        progress: Progress = ignore,
        take: int = 0,
        variation: float = 1.0,
    ) -> Motion:
        """Return the motion of a sound; where that is silent, the face is at rest.

        Args:
            samples: (N,) mono at 16 kHz, full scale 1.
            fps: frame rate of the motion, which has round(seconds * fps) frames, at least one.
            style: a style's name, or a share for each of several; the first one if None.
            seed: of models that draw random numbers; the one that ships does not.
            progress: called with the share done, 0 to 1; an exception it raises stops the work.
            take: which performance; each is another one, 0 the plain one.
            variation: how far takes go from the plain one, 0 to 1.5; 0 is that.

        Raises:
            UserError: there are no samples or they are not finite, or style, frame rate, seed,
                take or variation are not to be had.
        """
        mixture = shares_of(style, self.styles)
        _check(fps, seed, take, variation)
        progress(0.0)
        sound = _checked(samples)
        motion = self._computed.run(
            lambda model: model.animate(sound, mixture, progress, seed, take, variation)
        )
        motion = rest_in_silence(motion, sound)
        motion = resample(motion, fps)
        progress(1.0)
        return motion

    def require_life(self) -> None:
        """Raise `UserError` if the model moves the mouth alone."""
        if not self._model.lives:
            raise UserError(NO_LIFE)

    def life(self, samples: Samples, seed: int = 0, take: int = 0) -> Motion:
        """Return what brows, eyes, lids and head do over a sound, at the model's own frame rate.

        Args:
            samples: (N,) mono at 16 kHz, full scale 1.
            seed: of what is drawn.
            take: which performance; each is another one.

        Raises:
            UserError: the model moves the mouth alone, or the sound is none.
        """
        sound = _checked(samples)
        return self._computed.run(lambda model: model.life(sound, seed, take))


def _check(fps: float, seed: int, take: int, variation: float) -> None:
    """Raise `UserError` for numbers that cannot be."""
    if not 0 < fps <= _FASTEST_FPS:
        raise UserError(f"The frame rate must lie above 0 and up to {_FASTEST_FPS:g}, not {fps}.")
    for name, number in (("seed", seed), ("take", take)):
        if not 0 <= number < 2**63:
            raise UserError(f"The {name} must lie from 0 to below 2^63, not {number}.")
    if not 0 <= variation <= MOST_VARIED:
        raise UserError(f"The variation must lie from 0 to {MOST_VARIED:g}, not {variation:g}.")


def _checked(samples: Samples) -> Samples:
    mono = np.ascontiguousarray(samples, np.float32)
    if mono.ndim != 1 or not len(mono):
        raise UserError("The sound must be one channel with at least one sample.")
    for first in range(0, len(mono), _BLOCK):
        block = mono[first : first + _BLOCK]
        if not np.isfinite([block.min(), block.max()]).all():
            raise UserError(
                "The sound holds values that are no sound, such as NaN; export it again."
            )
        let_go(block)
    return mono
