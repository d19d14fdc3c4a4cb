"""The default model's task: articulated speech from cached clips (see `clips`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.arrays import Array
from ...encoding.feature_variation import FeatureVariation
from ...models.jambatalk.network import JambaTalk
from ..loop import Batch, device_of, on_device
from .clips import read_clips, targets_path
from .losses import SpeechLoss


@dataclass(frozen=True)
class Sampling:
    """How crops are drawn."""

    crops: int = 10
    frames: int = 480
    neutral: float = 0.55  # share of the first style; the others share the rest
    sources: Mapping[str, float] | None = None  # how often a source is drawn; 1 where not named


class CachedClips:
    """The arrays of cached clips, mapped from disk.

    Raises:
        UserError: the folder holds no clips.
    """

    def __init__(self, folder: Path) -> None:
        self.clips = read_clips(folder)
        self.features: NDArray[np.float16] = np.load(folder / "features.npy", mmap_mode="r")
        self.targets: NDArray[np.float16] = np.load(targets_path(folder), mmap_mode="r")


class SpeechTask:
    """Crops of cached clips in random styles; validation on held-out clips in the first style."""

    def __init__(
        self,
        clips: CachedClips,
        validation: CachedClips,
        loss: SpeechLoss,
        sampling: Sampling,
        variation: FeatureVariation,
        seed: int,
    ) -> None:
        self.clips, self.validation = clips, validation
        self.variation, self.statistics = variation, feature_statistics(clips)
        self.objective, self.sampling, self.seed = loss, sampling, seed
        self._chances = _chances(clips, sampling)

    def batch(self, step: int, part: int) -> Batch:
        """Return crops: features (B, T, C), targets (B, T, K), style (B,)."""
        rng = np.random.default_rng([self.seed, step, part])
        picks = rng.choice(len(self._chances), self.sampling.crops, p=self._chances)
        styles = self._styles(self.clips.targets.shape[0], rng)
        crops = [
            self._crop(int(pick), int(style), rng)
            for pick, style in zip(picks, styles, strict=True)
        ]
        heard, targets = (np.stack(part).astype(np.float32) for part in zip(*crops, strict=True))
        features = self.variation.apply(heard, *self.statistics, rng)
        return {
            "features": torch.from_numpy(features),
            "targets": torch.from_numpy(targets),
            "style": torch.from_numpy(styles),
        }

    def loss(self, model: JambaTalk, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the speech loss's terms and the experts' balance."""
        predicted = model.forward_with_aux(batch["features"], batch["style"])
        objective = self.objective.to(predicted.motion.device)
        terms = objective(predicted.motion, batch["targets"], predicted.regimes)
        terms["balance"] = self.objective.weights.balance * predicted.balance
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: JambaTalk) -> dict[str, float]:
        """Return the mean loss terms over the held-out clips, each weighted by its length."""
        totals: dict[str, float] = {}
        frames = sum(clip.frames for clip in self.validation.clips)
        place = device_of(model)
        objective = self.objective.to(place)
        for clip in self.validation.clips:
            part = slice(clip.first, clip.first + clip.frames)
            batch = {
                "features": torch.tensor(self.validation.features[part][None]).float(),
                "targets": torch.tensor(self.validation.targets[0, part][None]).float(),
                "style": torch.zeros(1, dtype=torch.long),
            }
            batch = on_device(batch, place)
            predicted = model.forward_with_aux(batch["features"], batch["style"])
            terms = objective(predicted.motion, batch["targets"], predicted.regimes)
            for name, value in terms.items():
                totals[name] = totals.get(name, 0.0) + float(value) * clip.frames / frames
        return {"loss": sum(totals.values()), **totals}

    def _styles(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        rest = (1 - self.sampling.neutral) / max(1, count - 1)
        chances = [self.sampling.neutral if count > 1 else 1.0, *[rest] * (count - 1)]
        return rng.choice(count, self.sampling.crops, p=chances)

    def _crop(
        self, pick: int, style: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        clip = self.clips.clips[pick]
        first = clip.first + int(rng.integers(clip.frames - self.sampling.frames + 1))
        part = slice(first, first + self.sampling.frames)
        return self.clips.features[part], self.clips.targets[style, part]


def _chances(cached: CachedClips, sampling: Sampling) -> NDArray[np.float64]:
    """Return the chance of each clip, by its length and its source."""
    sources = sampling.sources or {}
    share = np.array([clip.frames * sources.get(clip.source, 1.0) for clip in cached.clips])
    share[[clip.frames <= sampling.frames for clip in cached.clips]] = 0
    return share / share.sum()


def feature_statistics(clips: CachedClips) -> tuple[Array, Array]:
    """Return the mean and standard deviation (C,) of the features of clips."""
    total, square = np.zeros((2, clips.features.shape[1]))
    for clip in clips.clips:  # one at a time: all of them would not fit in memory as floats
        features = clips.features[clip.first : clip.first + clip.frames].astype(np.float64)
        total += features.sum(axis=0)
        square += np.square(features).sum(axis=0)
    mean = total / len(clips.features)
    deviation = np.sqrt(square / len(clips.features) - mean**2)
    return mean.astype(np.float32), deviation.astype(np.float32)
