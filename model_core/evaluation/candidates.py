"""What can be scored: a training run, a checkpoint, or predictions that another program wrote."""

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..base.errors import UserError
from ..base.files import find_files
from ..base.units import frame_count
from ..datasets.dataset import (
    TOLERANCE_SECONDS,
    FaceDataset,
    RecordedSentence,
    Sentence,
    Vertices,
    as_vertices,
    read_array,
)
from ..datasets.scanned import ScannedDataset
from ..encoding.features import speech_features
from ..encoding.frozen_encoder import frozen_encoder
from ..engine.choice import torch_runtime
from ..engine.on_device import OnDevice
from ..formats.registry import MOTION_SUFFIXES, read_motion
from ..models.predictor import Predictor
from ..models.style_names import NEUTRAL
from ..models.talking_head.network import TalkingHead
from ..models.talking_head.options import PaperOptions
from ..models.talking_head.run import RUN_FILE, Run
from ..motion.resampling import interpolate, resample
from ..training.glditalker.folders import CHECKPOINT
from ..training.paper.epoch_clock import TIMING_FILE

PREDICTIONS = (".npy", *MOTION_SUFFIXES)
# Programs' encoders differ by a frame or two. A larger difference that another usual frame rate
# explains is that rate.
_FEW_FRAMES = 2
_USUAL_RATES = (24.0, 25.0, 30.0, 50.0, 60.0, 100.0, 120.0)


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
    def predict(self, sentence: Sentence, recorded: RecordedSentence) -> dict[str, Vertices]:
        """Return offsets (T, V, 3) of a sentence by speaking style, as long as the recording's."""

    def takes(self, recorded: RecordedSentence, count: int) -> list[Vertices]:
        """Return the offsets (T, V, 3) of so many performances in the first style.

        There are none of models that do not draw.
        """
        return []

    def remark(self) -> str | None:
        """Return what should be known of the predictions so far, if there is anything."""
        return None


def open_candidate(
    path: Path, dataset: FaceDataset, device: str, predictions_fps: float | None = None
) -> Candidate:
    """Tell a run, a checkpoint and a folder of predictions apart.

    Args:
        path: the folder.
        dataset: what it will be scored on.
        device: of runs and checkpoints.
        predictions_fps: frame rate of .npy predictions; None: as their number of frames says.

    Raises:
        UserError: the folder is none of the three, or does not fit the dataset.
    """
    if (path / RUN_FILE).is_file():
        return RunCandidate(path, dataset, device)
    if (path / "config.json").is_file():
        return CheckpointCandidate(path, dataset, device)
    if (path / CHECKPOINT / "config.json").is_file():
        return CheckpointCandidate(path / CHECKPOINT, dataset, device, name=path.name)
    if find_files(path, *PREDICTIONS):
        return PredictedCandidate(path, dataset, predictions_fps)
    raise UserError(
        f"{path} is no training run, no checkpoint and no folder of predictions "
        f"({', '.join(PREDICTIONS)})."
    )


class RunCandidate(Candidate):
    """The best weights of a training run, in each training subject's style."""

    def __init__(self, folder: Path, dataset: FaceDataset, device: str) -> None:
        run = Run.load(folder)
        _check_size(folder, run.decoder["outputs"] // 3, dataset)
        self.name, self.arrangement = folder.name, run.decoder["arrangement"]
        self.seconds_per_epoch = _timing(folder)
        self.styles, self.fps = run.styles, dataset.fps
        self.encoder = PaperOptions(**run.paper).encoder
        self._computed = OnDevice(
            lambda runtime: run.load_weights(folder / "best.pt").to(runtime.device),
            torch_runtime(device),
            device,
        )

    def remark(self) -> str | None:
        """Return why the device is not the one expected."""
        return self._computed.runtime.note or None

    def predict(self, sentence: Sentence, recorded: RecordedSentence) -> dict[str, Vertices]:
        """Return the offsets in every style."""
        batch = {"samples": torch.from_numpy(recorded.samples)[None]}
        if self._computed.model.encoder is None:
            features = speech_features(recorded.samples, frozen_encoder(self.encoder), self.fps)
            batch["features"] = torch.from_numpy(features)[None]

        def predict(model: TalkingHead) -> Vertices:
            device = next(model.parameters()).device
            there = {name: value.to(device) for name, value in batch.items()}
            styles = torch.arange(len(self.styles), device=device)
            frames: Vertices = model.predict(there, styles).unflatten(-1, (-1, 3)).cpu().numpy()
            return frames

        return dict(zip(self.styles, self._computed.run(predict), strict=True))


class CheckpointCandidate(Candidate):
    """A checkpoint that `predict` and Blender take, ours or imported."""

    def __init__(
        self, folder: Path, dataset: FaceDataset, device: str, name: str | None = None
    ) -> None:
        self.name, self.fps, self.vertices = name or folder.name, dataset.fps, dataset.vertices
        self.predictor = Predictor.load(folder, device=device)

    def remark(self) -> str | None:
        """Return why the device is not the one expected."""
        return self.predictor.runtime.note or None

    def predict(self, sentence: Sentence, recorded: RecordedSentence) -> dict[str, Vertices]:
        """Return the offsets in the neutral style, or in all of a model that has none."""
        known = tuple(self.predictor.styles)
        styles = (NEUTRAL,) if NEUTRAL in known else known
        found = {}
        for style in styles:
            motion = self.predictor.predict(recorded.samples, fps=self.fps, style=style)
            if motion.vertices != self.vertices:
                raise UserError(
                    f"{self.name} moves {motion.vertices} vertices, not {self.vertices}."
                )
            found[style] = _as_long(motion.offsets(), recorded)
        return found

    def takes(self, recorded: RecordedSentence, count: int) -> list[Vertices]:
        """Return the offsets of takes 0 on."""
        return [
            self.predictor.predict(recorded.samples, fps=self.fps, take=take).offsets()
            for take in range(count)
        ]


class PredictedCandidate(Candidate):
    """What another program predicted of a dataset with templates, or motions.

    Files ``NAME.npy`` or ``NAME_condition_STYLE.npy`` of positions, as FaceFormer writes, a model's
    name before them, as FaceDiffuser does; or motions of the same names, of any format.

    Args:
        folder: of the files.
        dataset: whose sentences they are.
        fps: frame rate of the .npy files, which do not say; None: as their number of frames fits
            it, the dataset's or the one that it was recorded at.
    """

    def __init__(self, folder: Path, dataset: FaceDataset, fps: float | None = None) -> None:
        if not isinstance(dataset, ScannedDataset):
            raise UserError("Predicted positions need a dataset with templates: VOCASET or BIWI.")
        if fps is not None and not 0 < fps < float("inf"):
            raise UserError(f"The predictions' frame rate must lie above 0, not {fps:g}.")
        self.name, self.folder, self.dataset, self.fps = folder.name, folder, dataset, fps
        self.paths = find_files(folder, *PREDICTIONS)
        self._off: list[int] = []  # frames that each file was longer than its recording
        self._thinned = 0  # files with as many frames as the recordings have

    def predict(self, sentence: Sentence, recorded: RecordedSentence) -> dict[str, Vertices]:
        """Return each file's offsets from the subject's template."""
        paths = self._paths_of(sentence)
        if not paths:
            raise UserError(
                f"{self.folder} has no prediction {sentence.name}.npy; every sentence of the split "
                "needs one."
            )
        return {style: self._read(path, sentence, recorded) for style, path in paths.items()}

    def remark(self) -> str | None:
        """Tell of files whose rate or length was not that of the scores."""
        different = [frames for frames in self._off if frames]
        parts = []
        if self._thinned:
            rate = self.dataset.fps * self.dataset.corpus.stride
            parts.append(
                f"{self._thinned} of {len(self._off)} predictions had as many frames as the "
                f"recordings have ({rate:g} a second); they were thinned out as those are, to "
                f"{self.dataset.fps:g}."
            )
        if different:
            parts.append(
                f"{len(different)} of {len(self._off)} predictions were up to "
                f"{max(map(abs, different))} frames shorter or longer than their recordings; "
                "their last frame was held, or what was too much cut."
            )
        return " ".join([f"{self.name}:", *parts]) if parts else None

    def _paths_of(self, sentence: Sentence) -> dict[str, Path]:
        """Return the files of a sentence by style.

        Raises:
            UserError: two files are of one style.
        """
        pattern = re.compile(
            rf"(?:.+_)?{re.escape(sentence.name)}(?:_(?:condition_)?(?P<style>.+))?"
        )
        found: dict[str, Path] = {}
        for path in self.paths:
            if match := pattern.fullmatch(path.stem):
                other = found.setdefault(match["style"] or sentence.name, path)
                if other != path:
                    raise UserError(f"{other} and {path.name} predict the same; keep one of them.")
        return found

    def _read(self, path: Path, sentence: Sentence, recorded: RecordedSentence) -> Vertices:
        """Return a file's offsets (T, V, 3), at the dataset's rate and as long as the recording."""
        if path.suffix.lower() in MOTION_SUFFIXES:
            offsets = self._motion(path)
        else:
            positions = as_vertices(read_array(path), path, self.dataset.vertices)
            offsets = self._at_rate(positions, path, len(recorded.offsets))
            offsets = offsets - self.dataset.templates[sentence.subject]
        excess = len(offsets) - len(recorded.offsets)
        if abs(excess) > TOLERANCE_SECONDS * self.dataset.fps:
            wanted = len(recorded.offsets) / self.dataset.fps
            raise UserError(
                f"{path} lasts {len(offsets) / self.dataset.fps:.2f} s, but its recording "
                f"{wanted:.2f} s; it is of another sentence, or its "
                "frame rate is not the one given."
            )
        self._off.append(excess)
        return _as_long(offsets, recorded)

    def _motion(self, path: Path) -> Vertices:
        """Read a Motion, which knows its frame rate."""
        motion = read_motion(path)
        if motion.vertices != self.dataset.vertices or self.dataset.metres_per_unit != 1.0:
            raise UserError(
                f"{path} moves {motion.vertices} vertices in metres; {self.dataset.name}'s "
                f"{self.dataset.vertices} are not those."
            )
        return resample(motion, self.dataset.fps).offsets()

    def _at_rate(self, positions: Vertices, path: Path, recorded: int) -> Vertices:
        """Return positions (T, V, 3) at the dataset's frame rate.

        Raises:
            UserError: no rate was given, and their number is that of another than the dataset's.
        """
        wanted, stride = self.dataset.fps, self.dataset.corpus.stride
        if self.fps is None:
            if stride > 1 and abs(len(positions) - stride * recorded) <= stride * _FEW_FRAMES:
                self._thinned += 1
                return positions[::stride]
            _check_rate(path, len(positions), recorded, wanted)
            return positions
        if self.fps == wanted:
            return positions
        frames = frame_count(len(positions) / self.fps, wanted)
        flat = interpolate(
            positions.reshape(len(positions), -1), np.arange(frames) * (self.fps / wanted)
        )
        return flat.reshape(frames, -1, 3)


def _check_rate(path: Path, frames: int, recorded: int, fps: float) -> None:
    """Refuse a number of frames that says another rate than the recording's."""
    if abs(frames - recorded) <= _FEW_FRAMES:
        return
    rate = frames * fps / recorded
    usual = [r for r in _USUAL_RATES if r != fps and abs(r / fps * recorded - frames) <= 1]
    if usual or abs(frames - recorded) > TOLERANCE_SECONDS * fps:
        likely = min(usual, key=lambda other: abs(other - rate), default=rate)
        raise UserError(
            f"{path} has {frames} frames for a recording of {recorded / fps:.2f} s, which is "
            f"{rate:.3g} a second; scores are taken at {fps:g}. If they are at another rate, give "
            f"it, and they are resampled: --predictions-fps {likely:.3g}."
        )


def _as_long(offsets: Vertices, recorded: RecordedSentence) -> Vertices:
    """Cut or hold a prediction to the recording's length; encoders differ by a frame or two."""
    wanted = len(recorded.offsets)
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
