"""What recipes share that learn from the sentences of a dataset, one a batch."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from ...datasets.dataset import FaceDataset
from ...layers.standardise import Standardise
from ..loop import TrainingConfig
from ..options import TrainingOptions


def adam(options: TrainingOptions, epochs: int, epoch: int) -> TrainingConfig:
    """Adam as the papers set it, for epochs of so many steps; validated after each."""
    paper = options.paper
    return TrainingConfig(
        steps=epochs * epoch if options.steps is None else options.steps,
        learning_rate=paper.learning_rate,
        beta2=0.999,
        clip_norm=None,
        accumulate=paper.accumulate,
        precision=paper.precision,
        compile=paper.compile,
        validate_every=epoch,
        save_every=epoch,
        seed=options.seed,
    )


def analysis_folder(options: TrainingOptions, dataset: FaceDataset, *models: object) -> Path:
    """A folder of its own for each state of the data and each set of frozen models."""
    data = options.data.resolve()
    facts = [data, data.stat().st_mtime_ns, dataset.fps, *models]
    return options.cache / "analyses" / sha256(repr(facts).encode()).hexdigest()[:16]


def told_apart(dataset: FaceDataset, *choices: object) -> str:
    """Tell a dataset, by its name and its sentences, and choices from others."""
    sentences = [dataset.sentences(split) for split in ("train", "val")]
    return sha256(repr((dataset.name, dataset.fps, sentences, *choices)).encode()).hexdigest()


def fit_to(standardise: Standardise, features: Sequence[np.ndarray]) -> None:
    """Fit a standardisation to the training features, (T, C) each."""
    frames = torch.from_numpy(np.concatenate(features)).double()
    standardise.fit(frames.mean(0).float(), frames.std(0).float())
