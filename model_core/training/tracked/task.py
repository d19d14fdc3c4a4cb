"""The task of the recipe `tracked`: crops with lips to follow, and crops of a teacher's motion."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.arrays import Array
from ...base.statistics import finite_mean, pearson
from ...encoding.feature_variation import FeatureVariation
from ...models.jambatalk.network import JambaTalk
from ..loop import Batch, device_of
from .data import Heard
from .loss import TrackedLoss
from .targets import Followed

Versions = tuple[Heard, ...]
_EVERY = 5  # frames of 17 ms, which are much alike


@dataclass(frozen=True)
class TrackedSampling:
    """How a batch is drawn.

    Attributes:
        tracked: crops with lips to follow,
        tracked_frames: of so many frames.
        anchors: crops of the teacher's motion,
        anchor_frames: of so many frames.
        quiet: share of these without speech.
        neutral: share of the first style among these; the others share the rest.
        evenness: 0 draws speakers as often as they have clips, 1 all alike.
    """

    tracked: int = 12
    tracked_frames: int = 150
    anchors: int = 8
    anchor_frames: int = 360
    quiet: float = 0.1
    neutral: float = 0.55
    evenness: float = 0.5


@dataclass(frozen=True, eq=False)
class TrackedMaterial:
    """What there is to draw from.

    Attributes:
        followed: the versions of each tracked clip, by speaker.
        anchors: the versions of each anchor.
        quiet: sounds without speech.
        validation: tracked clips kept aside, in each of which lips were measured.
    """

    followed: Mapping[str, Sequence[tuple[Followed, ...]]]
    anchors: Sequence[Versions]
    quiet: Sequence[Heard]
    validation: Sequence[Followed]


class TrackedTask:
    """Batches of a material; validation on the clips kept aside."""

    def __init__(
        self, material: TrackedMaterial, loss: TrackedLoss, sampling: TrackedSampling, seed: int
    ) -> None:
        self.material, self.objective, self.sampling, self.seed = material, loss, sampling, seed
        self.variation = FeatureVariation()
        counts = np.array([len(clips) for clips in material.followed.values()], np.float64)
        share = counts ** (1.0 - sampling.evenness)
        self._speakers = list(material.followed), share / share.sum()
        self.statistics = statistics(material.anchors)

    def batch(self, step: int, part: int) -> Batch:
        """Return crops: `tracked_*` (B, T, ...) and `anchor_*` (B', T', ...)."""
        rng = np.random.default_rng([self.seed, step, part])
        return {**self._tracked_crops(rng), **self._anchor_crops(rng)}

    def loss(self, model: JambaTalk, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the terms of both kinds and the experts' balance."""
        tracked = _of(batch, "tracked")
        seen = model.forward_with_aux(tracked["features"], tracked["style"])
        anchor = _of(batch, "anchor")
        heard = model.forward_with_aux(anchor["features"], anchor["style"])
        assert seen.regimes is not None and heard.regimes is not None, "the teacher has a gate"
        objective = self.objective.to(heard.motion.device)
        terms = objective.anchors(heard.motion, heard.regimes, anchor)
        terms |= objective.tracked(seen.motion, seen.regimes, tracked)
        terms["balance"] = self.objective.speech.weights.balance * (seen.balance + heard.balance)
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: JambaTalk) -> dict[str, float]:
        """Return the squared error in mm^2 and the mean r of the clips kept aside."""
        errors, agreements, place = [], [], device_of(model)
        measures = self.objective.lips.to(place)
        for clip in self.material.validation:
            features = torch.from_numpy(clip.heard.features.astype(np.float32))[None]
            style = torch.zeros(1, dtype=torch.long, device=place)
            motion = model.forward_with_aux(features.to(place), style).motion
            lips = (motion @ measures)[0].cpu().double().numpy()
            opening = clip.seen[:, 0]
            errors.append(float(np.square(lips - clip.lips)[opening].mean()))
            agreements.append(pearson(lips[opening, 0], clip.lips[opening, 0].astype(float)))
        return {"loss": finite_mean(errors), "opening_r": finite_mean(agreements)}

    def _tracked_crops(self, rng: np.random.Generator) -> Batch:
        names, chances = self._speakers
        crops: dict[str, list[NDArray[Any]]] = defaultdict(list)
        for name in rng.choice(names, self.sampling.tracked, p=chances):
            clips = self.material.followed[str(name)]
            versions = clips[int(rng.integers(len(clips)))]
            clip = versions[int(rng.integers(len(versions)))]
            cut = _Crop(len(clip.speaks), self.sampling.tracked_frames, rng)
            crops["features"].append(cut(clip.heard.features))
            crops["targets"].append(cut(clip.heard.motion[0]))
            crops["together"].append(cut(clip.heard.gate[0]))
            crops["lips"].append(cut(clip.lips))
            crops["seen"].append(cut(clip.seen, beyond=0))
            crops["speaks"].append(cut(clip.speaks, beyond=0))
            crops["style"].append(np.array(0))
        return self._stacked("tracked", crops, rng)

    def _anchor_crops(self, rng: np.random.Generator) -> Batch:
        styles = self.material.anchors[0][0].motion.shape[0]
        rest = (1 - self.sampling.neutral) / max(1, styles - 1)
        chances = [self.sampling.neutral if styles > 1 else 1.0, *[rest] * (styles - 1)]
        crops: dict[str, list[NDArray[Any]]] = defaultdict(list)
        for style in rng.choice(styles, self.sampling.anchors, p=chances):
            sound = self._anchor(rng)
            cut = _Crop(len(sound.features), self.sampling.anchor_frames, rng)
            crops["features"].append(cut(sound.features))
            crops["targets"].append(cut(sound.motion[style]))
            crops["together"].append(cut(sound.gate[style]))
            crops["care"].append(cut(sound.care))
            crops["rounded"].append(cut(sound.rounded, beyond=0))
            crops["style"].append(np.array(style))
        return self._stacked("anchor", crops, rng)

    def _anchor(self, rng: np.random.Generator) -> Heard:
        if self.material.quiet and rng.random() < self.sampling.quiet:
            return self.material.quiet[int(rng.integers(len(self.material.quiet)))]
        versions = self.material.anchors[int(rng.integers(len(self.material.anchors)))]
        return versions[int(rng.integers(len(versions)))]

    def _stacked(
        self, kind: str, crops: Mapping[str, list[NDArray[Any]]], rng: np.random.Generator
    ) -> Batch:
        """Crops as tensors, their features varied as other voices would."""
        arrays = {name: np.stack(parts) for name, parts in crops.items()}
        styles = torch.from_numpy(arrays.pop("style").astype(np.int64))
        batch = {name: value.astype(np.float32) for name, value in arrays.items()}
        batch["features"] = self.variation.apply(batch["features"], *self.statistics, rng)
        tensors = {f"{kind}_{name}": torch.from_numpy(value) for name, value in batch.items()}
        return {**tensors, f"{kind}_style": styles}


def statistics(anchors: Sequence[Versions]) -> tuple[Array, Array]:
    """Mean and deviation (C,) of the features of anchors as they are, of every few frames."""
    some = np.concatenate([anchor[0].features[::_EVERY] for anchor in anchors]).astype(np.float32)
    return some.mean(axis=0), some.std(axis=0)


class _Crop:
    """Cuts the same `frames` out of arrays (T, ...); a short one is held at its end."""

    def __init__(self, length: int, frames: int, rng: np.random.Generator) -> None:
        self.first = int(rng.integers(max(1, length - frames + 1)))
        self.frames = frames

    def __call__(self, values: NDArray[Any], beyond: float | None = None) -> NDArray[Any]:
        part = values[self.first : self.first + self.frames]
        lacking = [(0, self.frames - len(part)), *[(0, 0)] * (values.ndim - 1)]
        if beyond is None:
            return np.pad(part, lacking, mode="edge")
        return np.pad(part, lacking, constant_values=beyond)


def _of(batch: Batch, kind: str) -> Batch:
    prefix = f"{kind}_"
    return {n.removeprefix(prefix): v for n, v in batch.items() if n.startswith(prefix)}
