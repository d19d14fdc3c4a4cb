"""What a trained model is to the rest: sound and a style in, motion at its own frame rate out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..base.room import joined
from ..encoding.loudness import ClipLoudness, Loudness
from ..motion.motion import Motion
from ..speech.audio import SAMPLE_RATE, Samples

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1; what it raises stops the work."""

LOOKAHEAD = 0.2
"""Seconds of sound after a frame that a model for live sound waits for, unless told otherwise."""
NO_LIFE = (
    "This model moves the mouth alone and has no life; choose the folder of one that "
    "'train --config mambatalk' made."
)
_HEARING_SHARE = 0.9  # of the time that a prediction takes


def ignore(_done: float) -> None:
    """Be told of progress nobody asked for."""


@dataclass
class StreamState:
    """All that a stream depends on beside its sound and style; each stream needs its own.

    Attributes:
        loudness: of the sound: the clip's, or a running one.
        seed: what the random numbers start from.
        take: which of the performances of a seed this is; each draws other numbers. 0 is the plain
            one, of models that need not draw.
        variation: how far a take goes from the plain one: 0 is that, 1 as far as speakers vary.
        step: seconds of sound to wait for before the next outputs. Less makes them come earlier and
            costs more, since context is computed anew for each; models have a longest one.
        lookahead: seconds of sound that a model for live sound waits for after each frame, at most;
            others wait for what they need.
        heard: called with the seconds that have been heard; what it raises stops the work.
        random: made of seed and take; the only source of random numbers that a model may draw
            from, so that engines and devices agree and nobody else's numbers change.
    """

    loudness: Loudness
    seed: int = 0
    take: int = 0
    variation: float = 1.0
    step: float = inf
    lookahead: float = LOOKAHEAD
    heard: Callable[[float], None] = ignore
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng([self.seed, self.take])

    @property
    def varied(self) -> bool:
        """Whether this is to be another performance than the plain one."""
        return self.take > 0 and self.variation > 0.0


class FaceModel(ABC):
    """A loaded model.

    Attributes:
        styles: names of its speaking styles; the first is the default.
        varies: whether its takes differ.
        lives: whether it moves brows, eyes and head besides; see `life`.
    """

    styles: tuple[str, ...]
    varies: bool = False
    lives: bool = False

    @abstractmethod
    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[Array]:
        """Yield the outputs (n, K) of consecutive frames, at the model's own frame rate.

        Frames come out once what they depend on has been heard, and at the end all of them. How the
        sound is cut into chunks does not show, if the loudness is the clip's.

        Args:
            chunks: the sound (n,) at 16 kHz as it comes, at least one sample in all.
            mixture: share of each style; they add to 1.
            state: a new one.

        Raises:
            UserError: the chunks hold nothing.
        """

    @abstractmethod
    def motion(self, outputs: Array) -> Motion:
        """Return what outputs (T, K) of consecutive frames are."""

    def animate(
        self,
        samples: Samples,
        mixture: Sequence[float],
        progress: Progress = ignore,
        seed: int = 0,
        take: int = 0,
        variation: float = 1.0,
    ) -> Motion:
        """Return the motion of a whole clip (N,): a stream of one chunk whose loudness is known.

        Args:
            samples: at 16 kHz.
            mixture: as of `stream`.
            progress: told how far it is.
            seed: as of `StreamState`.
            take: as of `StreamState`.
            variation: as of `StreamState`.
        """

        def heard(seconds: float) -> None:
            progress(_HEARING_SHARE * min(1.0, seconds * SAMPLE_RATE / len(samples)))

        state = StreamState(ClipLoudness(samples), seed, take, variation, heard=heard)
        return self.motion(joined(self.stream([samples], mixture, state)))

    def life(self, samples: Samples, seed: int, take: int) -> Motion:
        """Return what brows, eyes, lids and head do over a clip (N,), of a model that `lives`.

        Args:
            samples: at 16 kHz.
            seed: of what is drawn.
            take: which performance.

        Raises:
            UserError: it moves the mouth alone.
        """
        raise UserError(NO_LIFE)
