"""VOCASET (Cudeiro et al. 2019), as distributed or in the common file layout.

As distributed it is four files. ``data_verts.npy``: (N, 5023, 3) positions of all frames at
60 fps, in metres. ``subj_seq_to_idx.pkl``: {subject: {sentence: {frame: row}}}.
``raw_audio_fixed.pkl``: {subject: {sentence: {"audio": int16 samples, "sample_rate": 22000}}}.
``templates.pkl``: {subject: (5023, 3)}.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import UserError
from ..speech.audio import Samples, resample_audio
from .corpora import VOCASET
from .dataset import Sentence, Vertices, as_vertices, read_array
from .pickles import read_pickle
from .scanned import ScannedDataset, VertexFolder
from .templates import read_templates

VERTICES, INDEX = "data_verts.npy", "subj_seq_to_idx.pkl"
AUDIO, TEMPLATES = "raw_audio_fixed.pkl", "templates.pkl"


def open_vocaset(folder: Path) -> ScannedDataset:
    """Open VOCASET in whichever layout a folder has it.

    Raises:
        UserError: it has neither, or a file of it is damaged.
    """
    if (folder / VERTICES).exists():
        return DistributedVocaset(folder)
    if (folder / "vertices_npy").is_dir():
        return VertexFolder(VOCASET, folder, read_templates(folder / TEMPLATES, VOCASET))
    raise UserError(
        f"{folder} is not VOCASET: it has neither {VERTICES} nor vertices_npy/; "
        "download it from voca.is.tue.mpg.de."
    )


class DistributedVocaset(ScannedDataset):
    """The four files that the download page gives."""

    def __init__(self, folder: Path) -> None:
        super().__init__(VOCASET, folder / INDEX, read_templates(folder / TEMPLATES, VOCASET))
        self.frames = read_array(folder / VERTICES, mmap=True)
        self.frames_path, self.audio_path = folder / VERTICES, folder / AUDIO
        self.index = _two_levels(self.source)
        self.audio = _two_levels(self.audio_path)

    def has(self, sentence: Sentence) -> bool:
        """Tell whether the index lists the sentence."""
        return _short_name(sentence) in self.index.get(sentence.subject, {})

    def positions(self, sentence: Sentence) -> Vertices:
        """Gather a sentence's rows of ``data_verts.npy`` in the order of their frames."""
        numbers = self.index[sentence.subject][_short_name(sentence)]
        try:
            rows = np.array([numbers[frame] for frame in sorted(numbers)], np.int64)
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{self.source}: {sentence.name} is not frames to rows.") from error
        if len(rows) == 0 or rows.min() < 0 or rows.max() >= len(self.frames):
            raise UserError(
                f"{self.source}: {sentence.name} has no rows, or rows beyond the "
                f"{len(self.frames)} of {self.frames_path}."
            )
        return as_vertices(self.frames[rows], self.frames_path, self.vertices)

    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Return a sentence's samples, from 16-bit at their own rate to 16 kHz."""
        try:
            entry = self.audio[sentence.subject][_short_name(sentence)]
            samples, rate = np.asarray(entry["audio"]), float(entry["sample_rate"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{self.audio_path} has no sound for {sentence.name}.") from error
        if samples.dtype.kind not in "if" or samples.ndim != 1 or not rate > 0:
            raise UserError(f"{self.audio_path}: the sound of {sentence.name} is not one channel.")
        full_scale = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max) + 1
        scaled = samples.astype(np.float32) / np.float32(full_scale)
        return resample_audio(scaled, rate), str(self.audio_path)


def _short_name(sentence: Sentence) -> str:
    """VOCASET's own name of a sentence: without the subject."""
    return sentence.name.removeprefix(f"{sentence.subject}_")


def _two_levels(path: Path) -> dict[str, dict[str, Any]]:
    """Read a pickle of {subject: {sentence: ...}}."""
    content = read_pickle(path)
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise UserError(f"{path} is not a dictionary of sentences by subject.")
    return content
