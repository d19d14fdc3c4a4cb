"""What a trained model is to the rest: sound and a style in, motion at its own frame rate out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from ..motion.motion import Motion
from ..speech.audio import Samples

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1; what it raises stops the work."""


class FaceModel(ABC):
    """A loaded model.

    Attributes:
        styles: names of its speaking styles; the first is the default.
    """

    styles: tuple[str, ...]

    @abstractmethod
    def animate(self, samples: Samples, mixture: Sequence[float], progress: Progress) -> Motion:
        """Return the motion of samples (N,) at 16 kHz, at the model's own frame rate.

        Args:
            samples: the sound.
            mixture: share of each style; they add to 1.
            progress: told how far it is.
        """
