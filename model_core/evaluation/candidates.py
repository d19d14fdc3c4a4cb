"""What can be scored: a training run, a checkpoint, or predictions that another program wrote."""

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..datasets.dataset import FaceDataset, Sentence, Take, Vertices, as_vertices, read_array
from ..datasets.scanned import ScannedDataset
from ..errors import UserError
from ..features import speech_features
from ..predictor import Predictor
from ..runtime.choice import device_name
from ..training.epoch_clock import TIMING_FILE
from ..training.frozen_encoder import frozen_encoder
from ..training.paper_options import PaperOptions
from ..training.paper_run import RUN_FILE, Run

NEUTRAL = "neutral"


class Candidate(ABC):
    """A model, or what it predicted.

    Attributes:
        name: for tables.
        arrangement: of its layers, where it is known (Table 2).
        seconds_per_epoch: of its training, where it is known.
    """

    name: str
    arrangement: str | None = None
    seconds_per_epoch: float | None = None

    @abstractmethod
    def predict(self, sentence: Sentence, take: Take) -> dict[str, Vertices]:
        """Return offsets (T, V, 3) of a sentence by speaking style, as long as `take`'s."""


def open_candidate(path: Path, dataset: FaceDataset, device: str) -> Candidate:
    """Tell a run, a checkpoint and a folder of predictions apart.

    Raises:
        UserError: the folder is none of the three, or does not fit the dataset.
    """
    if (path / RUN_FILE).is_file():
        return RunCandidate(path, dataset, device)
    if (path / "config.json").is_file():
        return CheckpointCandidate(path, dataset, device)
    if any(path.glob("*.npy")):
        return PredictedCandidate(path, dataset)
    raise UserError(f"{path} is no training run, no checkpoint and no folder of .npy predictions.")


class RunCandidate(Candidate):
    """The best weights of a training run, in each training subject's style."""

    def __init__(self, folder: Path, dataset: FaceDataset, device: str) -> None:
        run = Run.load(folder)
        _check_size(folder, run.decoder["outputs"] // 3, dataset)
        self.name, self.arrangement = folder.name, run.decoder["arrangement"]
        self.seconds_per_epoch = _timing(folder)
        self.styles, self.fps = run.styles, dataset.fps
        self.encoder = PaperOptions(**run.paper).encoder
        self.device = torch.device(device_name(device))
        self.model = run.load_weights(folder / "best.pt").to(self.device)

    def predict(self, sentence: Sentence, take: Take) -> dict[str, Vertices]:
        """Return the offsets in every style."""
        batch = {
            "samples": torch.from_numpy(take.samples)[None],
        }
        if self.model.encoder is None:
            features = speech_features(take.samples, frozen_encoder(self.encoder), self.fps)
            batch["features"] = torch.from_numpy(features)[None]
        batch = {name: value.to(self.device) for name, value in batch.items()}
        styles = torch.arange(len(self.styles), device=self.device)
        frames = self.model.predict(batch, styles).unflatten(-1, (-1, 3)).cpu().numpy()
        return dict(zip(self.styles, frames, strict=True))


class CheckpointCandidate(Candidate):
    """A checkpoint that `predict` and Blender take, ours or imported."""

    def __init__(self, folder: Path, dataset: FaceDataset, device: str) -> None:
        self.name, self.fps, self.vertices = folder.name, dataset.fps, dataset.vertices
        self.predictor = Predictor.load(folder, device=device)

    def predict(self, sentence: Sentence, take: Take) -> dict[str, Vertices]:
        """Return the offsets in the neutral style, or in all of a model that has none."""
        known = tuple(self.predictor.styles)
        styles = (NEUTRAL,) if NEUTRAL in known else known
        found = {}
        for style in styles:
            motion = self.predictor.predict(take.samples, fps=self.fps, style=style)
            if motion.vertices != self.vertices:
                raise UserError(
                    f"{self.name} moves {motion.vertices} vertices, not {self.vertices}."
                )
            found[style] = _as_long(motion.offsets(), take)
        return found


class PredictedCandidate(Candidate):
    """Positions in files ``NAME.npy`` or ``NAME_condition_STYLE.npy``, as FaceFormer writes."""

    def __init__(self, folder: Path, dataset: FaceDataset) -> None:
        if not isinstance(dataset, ScannedDataset):
            raise UserError("Predicted positions need a dataset with templates: VOCASET or BIWI.")
        self.name, self.folder, self.dataset = folder.name, folder, dataset

    def predict(self, sentence: Sentence, take: Take) -> dict[str, Vertices]:
        """Return each file's offsets from the subject's template."""
        paths = sorted(self.folder.glob(f"{sentence.name}*.npy"))
        if not paths:
            raise UserError(f"{self.folder} has no prediction {sentence.name}.npy.")
        template = self.dataset.templates[sentence.subject]
        found = {}
        for path in paths:
            style = path.stem.removeprefix(sentence.name).removeprefix("_condition_")
            positions = as_vertices(read_array(path), path, self.dataset.vertices)
            found[style or path.stem] = _as_long(positions - template, take)
        return found


def _as_long(offsets: Vertices, take: Take) -> Vertices:
    """Cut or hold a prediction to the recording's length; encoders differ by a frame or two."""
    wanted = len(take.offsets)
    missing = max(0, wanted - len(offsets))
    held: Vertices = np.pad(offsets[:wanted], ((0, missing), (0, 0), (0, 0)), mode="edge")
    return held


def _check_size(folder: Path, vertices: int, dataset: FaceDataset) -> None:
    if vertices != dataset.vertices:
        raise UserError(
            f"{folder} was trained on {vertices} vertices; {dataset.name} has {dataset.vertices}."
        )


def _timing(folder: Path) -> float | None:
    """Seconds an epoch of a run's training took, if it was trained to the end."""
    path = folder / TIMING_FILE
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return float(content["seconds_per_epoch"])
