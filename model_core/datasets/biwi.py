"""BIWI 3D Audiovisual Corpus (Fanelli et al. 2010), raw or in the common file layout.

Raw: ``faces/F1/e01/frame_001.vl`` one file a frame, ``rigid_scans/F1.obj`` the subject's neutral,
``wav/F1_e01.wav``. A .vl file is a little-endian 32-bit vertex count and that many xyz in 32-bit
floats. Every face is turned half round about x, centred and scaled to a surface area of 1, as
CodeTalker's preparation of the corpus does, so that figures compare with published ones.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UserError
from ..base.files import find_files
from ..speech.audio import Samples
from .corpora import BIWI, Corpus
from .dataset import Sentence, Vertices
from .scanned import ScannedDataset, VertexFolder, WavFolder
from .templates import read_templates


def open_biwi(folder: Path) -> ScannedDataset:
    """Open BIWI in whichever layout a folder has it.

    Raises:
        UserError: it has neither, or a file of it is damaged.
    """
    if (folder / "vertices_npy").is_dir():
        return VertexFolder(BIWI, folder, read_templates(folder / "templates.pkl", BIWI))
    if (folder / "faces").is_dir():
        return RawBiwi(BIWI, folder)
    raise UserError(f"{folder} is not BIWI: it has neither vertices_npy/ nor faces/.")


class RawBiwi(ScannedDataset):
    """The corpus as its archives unpack, with the sound as ``wav/SUBJECT_SENTENCE.wav``."""

    def __init__(self, corpus: Corpus, folder: Path) -> None:
        self.scans = find_files(folder / "rigid_scans", ".obj")
        if not self.scans:
            raise UserError(f"{folder / 'rigid_scans'} has no .obj file of a neutral face.")
        faces = {scan.stem: read_obj(scan) for scan in self.scans}
        self.triangles = next(iter(faces.values()))[1]
        neutral = {name: normalised(points, self.triangles) for name, (points, _) in faces.items()}
        super().__init__(corpus, folder / "faces", neutral)
        self._sounds = WavFolder(folder / "wav")

    def has(self, sentence: Sentence) -> bool:
        """Tell whether the sentence has a folder of frames."""
        return self._folder(sentence).is_dir()

    def positions(self, sentence: Sentence) -> Vertices:
        """Read and normalise every frame of a sentence."""
        files = find_files(self._folder(sentence), ".vl")
        frames = [path for path in files if path.stem.lower().startswith("frame_")]
        if not frames:
            raise UserError(f"{self._folder(sentence)} has no frame_*.vl file.")
        return np.stack([self._frame(path) for path in frames])

    def recording(self, sentence: Sentence) -> tuple[Samples, str]:
        """Read ``wav/NAME.wav``."""
        return self._sounds.recording(sentence)

    def _frame(self, path: Path) -> Vertices:
        points = read_vl(path)
        if len(points) != self.vertices:
            raise UserError(f"{path} has {len(points)} vertices, its neutral {self.vertices}.")
        return normalised(points, self.triangles)

    def _folder(self, sentence: Sentence) -> Path:
        return self.source / sentence.subject / sentence.name.removeprefix(f"{sentence.subject}_")


def read_vl(path: Path) -> Vertices:
    """Read one frame (V, 3).

    Raises:
        UserError: the file cannot be read, or its size does not fit its vertex count.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from error
    count = int.from_bytes(content[:4], "little")
    if count == 0 or len(content) != 4 + 12 * count:
        raise UserError(f"{path} is truncated or is not a .vl file; unpack it again.")
    points = np.frombuffer(content, "<f4", offset=4).reshape(count, 3)
    if not np.isfinite(points).all():
        raise UserError(f"{path} holds numbers that are not finite.")
    return points.astype(np.float32)


def read_obj(path: Path) -> tuple[Vertices, NDArray[np.int64]]:
    """Return the vertices (V, 3) and triangles (F, 3) of a Wavefront OBJ file of triangles.

    Raises:
        UserError: it has none, or cannot be read.
    """
    points: list[list[float]] = []
    triangles: list[list[int]] = []
    try:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            kind, *words = line.split() or [""]
            if kind == "v":
                points.append([float(word) for word in words[:3]])
            elif kind == "f":
                triangles.append([int(word.split("/")[0]) - 1 for word in words[:3]])
        vertices, faces = np.array(points, np.float32), np.array(triangles, np.int64)
        whole = len(faces) > 0 and faces.min() >= 0 and faces.max() < len(vertices)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not a whole Wavefront OBJ file ({error}).") from error
    if not whole:
        raise UserError(f"{path} has no triangles, or triangles of vertices that it lacks.")
    return vertices, faces


def normalised(points: Vertices, triangles: NDArray[np.int64]) -> Vertices:
    """Return a face turned half round about x, centred, and of surface area 1."""
    turned = points * np.array([1, -1, -1], np.float32)
    centred = turned - turned.mean(axis=0)
    a, b, c = (centred[triangles[:, corner]] for corner in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
    scaled: Vertices = centred / np.float32(np.sqrt(area))
    return scaled
