"""The one interface behind which every dataset of speech and faces lies."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UserError
from ..speech.audio import SAMPLE_RATE, Samples

Vertices = NDArray[np.float32]

# How far a recording may be shorter or longer than its motion. Real ones differ by some frames,
# which are cut or filled with silence; more than this is the wrong file.
TOLERANCE_SECONDS = 0.5


class Sentence(NamedTuple):
    """One recorded sentence of one subject; `name` is that of its files, without a suffix."""

    subject: str
    name: str


class RecordedSentence(NamedTuple):
    """A sentence's samples (N,) at 16 kHz and offsets (T, V, 3) from the neutral, as long."""

    samples: Samples
    offsets: Vertices


class FaceDataset(ABC):
    """Sentences of speech and the motion of the speaker's face.

    Attributes:
        name: for tables.
        fps: frames per second of what `recorded` returns.
        vertices: V.
        metres_per_unit: length of a unit of the offsets; None if it is not known.
        styles: training subjects, in the order of the style embedding.
    """

    name: str
    fps: float
    vertices: int
    metres_per_unit: float | None
    styles: tuple[str, ...]

    @abstractmethod
    def sentences(self, split: str) -> list[Sentence]:
        """Return a split's sentences in order.

        Raises:
            UserError: there is no such split, or a subject of it is missing.
        """

    @abstractmethod
    def offsets(self, sentence: Sentence) -> Vertices:
        """Return the offsets (T, V, 3) of a sentence from the speaker's neutral face."""

    @abstractmethod
    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Return a sentence's samples (N,) at 16 kHz, and the file they are from."""

    def recorded(self, sentence: Sentence) -> RecordedSentence:
        """Return a sentence with its samples cut, or filled with silence, to its motion's length.

        Raises:
            UserError: sound and motion differ by more than `TOLERANCE_SECONDS`.
        """
        offsets = self.offsets(sentence)
        samples, path = self.recording(sentence)
        seconds, wanted = len(samples) / SAMPLE_RATE, len(offsets) / self.fps
        if abs(seconds - wanted) > TOLERANCE_SECONDS:
            raise UserError(
                f"{path}: the sound of {sentence.name} lasts {seconds:.2f} s but its motion "
                f"{wanted:.2f} s; one of the two is the wrong file."
            )
        count = round(wanted * SAMPLE_RATE)
        return RecordedSentence(np.pad(samples[:count], (0, max(0, count - len(samples)))), offsets)


def read_array(path: Path, mmap: bool = False) -> NDArray[Any]:
    """Read an .npy file of numbers.

    Raises:
        UserError: it is missing, truncated, or holds objects.
    """
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is not a whole .npy file of numbers ({error}).") from error
    return array


def as_vertices(array: NDArray[Any], path: Path, vertices: int) -> Vertices:
    """Return (T, V * 3) or (T, V, 3) numbers as (T, V, 3).

    Raises:
        UserError: they have another shape, no frame, or are not finite.
    """
    if array.ndim not in (2, 3) or len(array) == 0 or array[0].size != vertices * 3:
        raise UserError(
            f"{path} has shape {array.shape}; (frames, {vertices} * 3) is needed for the "
            f"{vertices} vertices of templates.pkl."
        )
    if not np.isfinite(array).all():
        raise UserError(f"{path} holds numbers that are not finite.")
    return np.asarray(array, np.float32).reshape(len(array), vertices, 3)
