"""Any folder of sound and Motion files: ``NAME.wav`` (or flac, ogg, mp3) beside ``NAME.npz``.

Suffixes may be in capitals. A subfolder is a subject. The last two of every ten sentences, in the
order of their names, are for validation and for testing.
"""

from pathlib import Path

from ..base.errors import UserError
from ..base.files import files_by_stem, find_files
from ..motion.motion import Motion
from ..motion.resampling import resample
from ..speech.audio import Samples, load_audio
from .dataset import FaceDataset, Sentence, Vertices

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
SPLITS = ("train", "val", "test")


class MotionFolder(FaceDataset):
    """Pairs of a recording and a Motion, as `predict`, Blender's export or other tools write.

    Raises:
        UserError: there are fewer than three pairs, or their meshes differ.
    """

    metres_per_unit = 1.0

    def __init__(self, folder: Path) -> None:
        self.folder, self.paths = folder, _pairs(folder)
        if len(self.paths) < len(SPLITS):
            raise UserError(_too_few(folder, len(self.paths)))
        first = Motion.load(next(iter(self.paths.values()))[0])
        self.name, self.fps, self.vertices = folder.name, first.fps, first.vertices
        training = (sentence.subject for sentence in self.sentences("train"))
        self.styles = tuple(dict.fromkeys(training))

    def sentences(self, split: str) -> list[Sentence]:
        """Return the sentences of a split."""
        if split not in SPLITS:
            raise UserError(f"{self.folder} has no split {split!r}; choose train, val or test.")
        period = min(10, len(self.paths))
        held_out = {period - 2: "val", period - 1: "test"}
        names = enumerate(self.paths)
        return [name for i, name in names if held_out.get(i % period, "train") == split]

    def offsets(self, sentence: Sentence) -> Vertices:
        """Read a Motion and bring it to the first one's frame rate."""
        path, _ = self.paths[sentence]
        motion = Motion.load(path)
        if motion.vertices != self.vertices:
            raise UserError(
                f"{path} moves {motion.vertices} vertices, others in {self.folder} "
                f"{self.vertices}; keep one kind of mesh in a folder."
            )
        return resample(motion, self.fps).offsets()

    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Read the recording beside a Motion."""
        _, sound = self.paths[sentence]
        return load_audio(sound), str(sound)


def _pairs(folder: Path) -> dict[Sentence, tuple[Path, Path]]:
    """Return each sentence's Motion file and the recording beside it."""
    motions = find_files(folder, ".npz", nested=True)
    sounds = {place: files_by_stem(place, *SOUNDS) for place in {path.parent for path in motions}}
    return {
        _sentence(path, folder): (path, sounds[path.parent][path.stem])
        for path in motions
        if path.stem in sounds[path.parent]
    }


def _too_few(folder: Path, pairs: int) -> str:
    motions = len(find_files(folder, ".npz", nested=True))
    sounds = len(find_files(folder, *SOUNDS, nested=True))
    return (
        f"{folder} has {pairs} pairs of a motion NAME.npz and a sound NAME{', NAME'.join(SOUNDS)}; "
        f"it needs three (found: {motions} .npz, {sounds} sounds, in it and its subfolders)."
    )


def _sentence(path: Path, folder: Path) -> Sentence:
    inside = path.relative_to(folder)
    subject = inside.parent.as_posix()
    return Sentence("speaker" if subject == "." else subject, inside.with_suffix("").as_posix())
