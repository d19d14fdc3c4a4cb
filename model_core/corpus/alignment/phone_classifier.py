"""Which phone class is heard in each frame of a recording: the acoustic model of forced alignment.

A small convolutional network on the frozen encoder's features, trained on speech with known phone
times. Voices that the corpus lacks are made up by moving and scaling feature channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ...base.arrays import Array
from ...encoding.feature_variation import FeatureVariation
from ...layers.standardise import Standardise
from ...speech.phone_classes import CLASSES, UNKNOWN

FPS = 60.0
CONTEXT = 4
"""Frames heard before and after the one that is classified."""
_STRIDE = 2  # the encoder hears 50 frames a second: neighbours at 60 say the same
_PROJECTED, _HIDDEN = 128, 256
_DROPOUT = 0.2
_LABEL_SMOOTHING = 0.05
_LONGEST_BLOCK = 6000


@dataclass(frozen=True)
class LabelledFrames:
    """Features (N, C) f16 of recordings end to end, and the class (N,) of each frame."""

    features: NDArray[np.float16]
    classes: NDArray[np.int64]

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """All parts one after the other."""
        features = np.concatenate([part.features for part in parts])
        return cls(features, np.concatenate([part.classes for part in parts]))


@dataclass(frozen=True)
class ClassifierTraining:
    """How a classifier is trained: steps of `crops` stretches of `frames` frames."""

    steps: int = 700
    crops: int = 32
    frames: int = 96
    learning_rate: float = 2e-3
    weight_decay: float = 0.02


class PhoneClassifier(nn.Module):
    """Features (B, T, C) to logits (B, T - 2 CONTEXT, classes)."""

    prior: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.standardise = Standardise(channels)
        self.project = nn.Linear(channels, _PROJECTED)
        self.context = nn.Conv1d(_PROJECTED, _HIDDEN, 2 * CONTEXT // _STRIDE + 1, dilation=_STRIDE)
        self.hidden = nn.Linear(_HIDDEN, _HIDDEN)
        self.output = nn.Linear(_HIDDEN, len(CLASSES))
        self.dropout = nn.Dropout(_DROPOUT)
        self.register_buffer("prior", torch.zeros(len(CLASSES)))  # log

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, C) -> (B, T - 2 CONTEXT, classes)."""
        projected = F.gelu(self.project(self.standardise(features)))  # (B, T, P)
        heard = self.context(self.dropout(projected).transpose(1, 2))  # (B, H, T - 2 CONTEXT)
        hidden = self.dropout(F.gelu(heard.transpose(1, 2)))
        return self.output(self.dropout(F.gelu(self.hidden(hidden))))

    @torch.no_grad()
    def log_posteriors(self, features: NDArray[np.floating]) -> Array:
        """Log probability (T, classes) of each class in each frame of features (T, C)."""
        padded = np.pad(features.astype(np.float32), ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
        self.eval()
        starts = range(0, len(features), _LONGEST_BLOCK)
        blocks = (padded[at : at + _LONGEST_BLOCK + 2 * CONTEXT] for at in starts)
        logits = [self(torch.from_numpy(block)[None])[0] for block in blocks]
        return torch.cat(logits).log_softmax(1).numpy()


def to_arrays(model: PhoneClassifier) -> dict[str, NDArray[np.generic]]:
    """Weights by name, as `hearing.listener.Listener` takes them: matrices in half precision."""
    stored = model.state_dict()
    return {n: (v.half() if v.dim() > 1 else v).numpy() for n, v in stored.items()}


def train_classifier(
    data: LabelledFrames, training: ClassifierTraining, seed: int
) -> PhoneClassifier:
    """A classifier trained on labelled frames; the same for the same data and seed."""
    torch.manual_seed(seed)
    model = PhoneClassifier(data.features.shape[1])
    mean, deviation = _statistics(data.features)
    model.standardise.fit(torch.from_numpy(mean), torch.from_numpy(deviation))
    model.prior.copy_(_log_prior(data.classes))
    optimiser = torch.optim.AdamW(
        model.parameters(), training.learning_rate, weight_decay=training.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, training.learning_rate, total_steps=training.steps, pct_start=0.1
    )
    for features, classes in _batches(data, training, (mean, deviation), seed):
        optimiser.zero_grad()
        _loss(model.train(), features, classes).backward()
        optimiser.step()
        schedule.step()
    return model.eval()


def _loss(model: PhoneClassifier, features: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy of classes (B, T) that are known."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(features)  # (B, T, classes)
    return F.cross_entropy(
        logits.float().flatten(0, 1),
        classes.flatten(),
        ignore_index=UNKNOWN,
        label_smoothing=_LABEL_SMOOTHING,
    )


def _batches(
    data: LabelledFrames, training: ClassifierTraining, statistics: tuple[Array, Array], seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Varied features (B, T + 2 CONTEXT, C) and classes (B, T) of random stretches."""
    rng = np.random.default_rng(seed)
    variation, heard = FeatureVariation(), np.arange(training.frames + 2 * CONTEXT)
    for _ in range(training.steps):
        starts = rng.integers(len(data.classes) - len(heard) + 1, size=(training.crops, 1))
        features = data.features[starts + heard].astype(np.float32)
        varied = variation.apply(features, *statistics, rng)
        classes = data.classes[starts + heard[CONTEXT:-CONTEXT]]
        yield torch.from_numpy(varied), torch.from_numpy(classes)


def _statistics(features: NDArray[np.float16]) -> tuple[Array, Array]:
    """Mean and standard deviation (C,) of features (N, C)."""
    mean = features.mean(0, dtype=np.float32)
    return mean, np.sqrt(np.square(features - mean, dtype=np.float32).mean(0)) + np.float32(1e-4)


def _log_prior(classes: NDArray[np.int64]) -> Tensor:
    """Log share of each class among the frames that have one, each counted at least once."""
    counts = np.bincount(classes[classes != UNKNOWN], minlength=len(CLASSES)).clip(1)
    return torch.from_numpy(np.log(counts / counts.sum())).float()
