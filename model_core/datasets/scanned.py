"""What VOCASET and BIWI share: published splits, templates, and the common file layout.

The layout that FaceFormer's scripts write and later work reads: ``vertices_npy/NAME.npy`` of
(T, V * 3) positions, ``wav/NAME.wav`` and ``templates.pkl``; NAME is subject, underscore, prefix
and a two-digit sentence number.
"""

from abc import abstractmethod
from pathlib import Path

from ..base.errors import UserError
from ..base.files import files_by_stem
from ..speech.audio import Samples, load_audio
from .corpora import Corpus
from .dataset import FaceDataset, Sentence, Vertices, as_vertices, read_array


class ScannedDataset(FaceDataset):
    """A corpus with published splits and a neutral face for each subject.

    Attributes:
        source: the file or folder that says which sentences there are, for messages.
        templates: the neutral (V, 3) of each subject.
    """

    def __init__(self, corpus: Corpus, source: Path, templates: dict[str, Vertices]) -> None:
        self.corpus, self.source, self.templates = corpus, source, templates
        self.name, self.fps = corpus.name, corpus.fps
        self.metres_per_unit = corpus.metres_per_unit
        self.styles = corpus.styles
        self.vertices = len(next(iter(templates.values())))

    @abstractmethod
    def has(self, sentence: Sentence) -> bool:
        """Tell whether there is such a sentence."""

    @abstractmethod
    def positions(self, sentence: Sentence) -> Vertices:
        """Return every recorded frame of a sentence, (T, V, 3)."""

    def sentences(self, split: str) -> list[Sentence]:
        """Return a split's sentences; single ones may be missing, as in VOCASET itself."""
        if split not in self.corpus.splits:
            known = ", ".join(self.corpus.splits)
            raise UserError(f"{self.name} has no split {split!r}; choose one of {known}.")
        subjects, numbers = self.corpus.splits[split]
        return [one for subject in subjects for one in self._sentences_of(subject, numbers)]

    def offsets(self, sentence: Sentence) -> Vertices:
        """Return the offsets at the corpus's evaluation rate: every `stride`-th frame."""
        positions = self.positions(sentence)[:: self.corpus.stride]
        return positions - self.templates[sentence.subject]

    def _sentences_of(self, subject: str, numbers: range) -> list[Sentence]:
        if subject not in self.templates:
            raise UserError(f"templates.pkl beside {self.source} has no face for {subject}.")
        for prefix in self.corpus.prefixes:
            named = [Sentence(subject, f"{subject}_{prefix}{number:02d}") for number in numbers]
            found = [sentence for sentence in named if self.has(sentence)]
            if found:
                return found
        raise UserError(
            f"{self.source} has no sentence {numbers.start} to {numbers.stop - 1} of {subject}, "
            f"a subject of {self.name}'s published split."
        )


class VertexFolder(ScannedDataset):
    """The common layout: ``vertices_npy/``, ``wav/``, ``templates.pkl``."""

    def __init__(self, corpus: Corpus, folder: Path, templates: dict[str, Vertices]) -> None:
        super().__init__(corpus, folder / "vertices_npy", templates)
        self._frames = files_by_stem(self.source, ".npy")
        self._sounds = WavFolder(folder / "wav")

    def has(self, sentence: Sentence) -> bool:
        """Tell whether the sentence has a file of vertices."""
        return sentence.name in self._frames

    def positions(self, sentence: Sentence) -> Vertices:
        """Read ``vertices_npy/NAME.npy``."""
        path = self._frames[sentence.name]
        return as_vertices(read_array(path), path, self.vertices)

    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Read ``wav/NAME.wav``."""
        return self._sounds.recording(sentence)


class WavFolder:
    """``wav/NAME.wav``, or ``NAME.WAV`` as field recorders write it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = files_by_stem(folder, ".wav")

    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Return a sentence's samples (N,) at 16 kHz and its file.

        Raises:
            UserError: there is none, or it cannot be read.
        """
        path = self._paths.get(sentence.name)
        if path is None:
            raise UserError(
                f"{self._folder} has no {sentence.name}.wav; it has {len(self._paths)} .wav files."
            )
        return load_audio(path), str(path)
