"""The task of the recipe `streaming`: crops of live sounds, and the motion to imitate."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ...base.arrays import Array
from ...layers.regime_head import Regimes
from ...models.streaming.network import StreamingTalk, shifted
from ..bundled.losses import SpeechLoss
from ..loop import Batch, device_of, on_device
from .data import FRAMES, SPECTRA, Taught


@dataclass(frozen=True)
class StreamingSampling:
    """How a batch is drawn.

    Attributes:
        crops: of so many
        tenths: of a second.
        quiet: share of these without speech.
        neutral: share of the first style; the others share the rest.
        begin: share that are a sound's beginning.
        warp: spread of the pitch of formants, as of other voices' throats; half of the crops.
        tilt: spread of the gain at a few places of the spectrum, in its units (40 dB).
    """

    crops: int = 6
    tenths: int = 50
    quiet: float = 0.07
    neutral: float = 0.55
    begin: float = 0.2
    warp: float = 0.05
    tilt: float = 0.06


@dataclass(frozen=True)
class StreamingWeights:
    """Shares of the terms beside those of `SpeechLoss`.

    Attributes:
        ears: per variance of what the other model's ears make of the sound.
        balance: of the experts' load.
    """

    ears: float = 1.5
    balance: float = 0.01


@dataclass(frozen=True, eq=False)
class StreamingMaterial:
    """Sounds to learn from, each as it is and degraded; sounds without speech; some kept aside."""

    sounds: Sequence[tuple[Taught, ...]]
    quiet: Sequence[Taught]
    validation: Sequence[Taught]


class StreamingTask:
    """Batches of a material; validation on the sounds kept aside."""

    def __init__(
        self,
        material: StreamingMaterial,
        loss: SpeechLoss,
        deviation: Array,
        sampling: StreamingSampling,
        seed: int,
    ) -> None:
        self.material, self.objective, self.sampling, self.seed = material, loss, sampling, seed
        self.weights = StreamingWeights()
        self._deviation = torch.from_numpy(deviation)  # (C,) of the other model's features
        lengths = np.array([len(versions[0].levels) for versions in material.sounds], np.float64)
        self._chances = lengths / lengths.sum()

    def batch(self, step: int, part: int) -> Batch:
        """Return crops: `mel` (B, 80, M), `levels`, `ears`, `motion`, `gate` (B, T, ...)."""
        rng = np.random.default_rng([self.seed, step, part])
        crops = [self._crop(rng) for _ in range(self.sampling.crops)]
        joined = [np.stack(parts) for parts in zip(*crops, strict=True)]
        names = ("mel", "levels", "ears", "motion", "gate", "style")
        return {name: torch.from_numpy(each) for name, each in zip(names, joined, strict=True)}

    def loss(self, model: StreamingTalk, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the sum of the terms, over all delays, and the terms."""
        heard = model(batch["mel"], batch["levels"], batch["style"])
        terms = self._motion_terms(model, heard.regimes, batch["motion"], batch["gate"])
        error = (heard.ears - batch["ears"]) / self._deviation.to(heard.ears.device)
        terms["ears"] = self.weights.ears * F.smooth_l1_loss(error, torch.zeros_like(error))
        terms["balance"] = self.weights.balance * heard.balance
        return torch.stack(list(terms.values())).sum(), terms

    @torch.no_grad()
    def validate(self, model: StreamingTalk) -> dict[str, float]:
        """Return the loss, and the opening's RMS error in mm of the least and the most delay."""
        totals: dict[str, float] = {}
        for taught in self.material.validation:
            batch = on_device(_whole(taught), device_of(model))
            regimes = model(batch["mel"], batch["levels"], batch["style"]).regimes
            terms = self._motion_terms(model, regimes, batch["motion"], batch["gate"])
            terms |= self._errors(model, regimes, batch["motion"])
            for name, value in terms.items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(self.material.validation)
        errors = {name: totals.pop(name) ** 0.5 for name in ("soonest_mm", "latest_mm")}
        return {"loss": sum(totals.values()), **errors, **totals}

    def _motion_terms(
        self, model: StreamingTalk, regimes: Sequence[Regimes], motion: Tensor, gate: Tensor
    ) -> dict[str, Tensor]:
        """The speech loss of all heads, against the same frames of the target."""
        heads = shifted(regimes, model.delays, model.config.fold)
        length = heads[0].gate.shape[1]
        target = motion[:, :length].repeat(len(heads), 1, 1)
        together = gate[:, :length, None].repeat(len(heads), 1, 1)
        joined = Regimes(*(torch.cat(parts) for parts in zip(*heads, strict=True)))
        mixed = joined.mixed(joined.gate.sigmoid())
        return self.objective.to(mixed.device)(mixed, target, joined, together)

    def _errors(
        self, model: StreamingTalk, regimes: Sequence[Regimes], motion: Tensor
    ) -> dict[str, Tensor]:
        heads = shifted(regimes, model.delays, model.config.fold)
        target = motion[:, : heads[0].gate.shape[1]]
        lips = self.objective.lips[:, :3].to(target.device)
        errors = [
            ((head.mixed(head.gate.sigmoid()).clamp(min=0) - target) @ lips)
            for head in (heads[0], heads[-1])
        ]
        squares = [error.mean(-1).square().mean() for error in errors]
        return dict(zip(("soonest_mm", "latest_mm"), squares, strict=True))

    def _crop(self, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        taught, tenths = self._sound(rng), self.sampling.tenths
        whole = len(taught.levels) // FRAMES
        first = int(rng.integers(max(1, whole - tenths + 1)))
        if rng.random() < self.sampling.begin:
            first = 0
        frames = slice(FRAMES * first, FRAMES * (first + tenths))
        spectra = taught.spectra[SPECTRA * first : SPECTRA * (first + tenths) + 5]
        style = self._style(len(taught.motion), rng)
        mel = self._other_voice(_held(spectra, SPECTRA * tenths + 5).T, rng)
        moved = taught.motion[style, frames], taught.gate[style, frames]
        values = (taught.levels[frames], taught.ears[frames], *moved)
        return mel, *(_held(each, FRAMES * tenths) for each in values), np.array(style)

    def _sound(self, rng: np.random.Generator) -> Taught:
        if self.material.quiet and rng.random() < self.sampling.quiet:
            return self.material.quiet[int(rng.integers(len(self.material.quiet)))]
        versions = self.material.sounds[int(rng.choice(len(self._chances), p=self._chances))]
        return versions[int(rng.integers(len(versions)))]

    def _style(self, styles: int, rng: np.random.Generator) -> int:
        if rng.random() < self.sampling.neutral or styles == 1:
            return 0
        return int(rng.integers(1, styles))

    def _other_voice(self, mel: Array, rng: np.random.Generator) -> Array:
        """Spectra (80, M) as another throat and another microphone give them."""
        bands = np.arange(len(mel))
        if rng.random() < 0.5:
            at = bands * (1.0 + self.sampling.warp * rng.standard_normal())
            low = np.clip(at.astype(int), 0, len(mel) - 2)
            part = np.clip(at - low, 0.0, 1.0)[:, None].astype(np.float32)
            mel = mel[low] * (1 - part) + mel[low + 1] * part
        places = np.linspace(0, len(mel) - 1, 5)
        gain = np.interp(bands, places, self.sampling.tilt * rng.standard_normal(5))
        return np.ascontiguousarray(mel + gain[:, None], np.float32)


def _whole(taught: Taught) -> Batch:
    """A whole sound in the first style, as a batch of one."""
    spectra = np.ascontiguousarray(taught.spectra.T, np.float32)
    return {
        "mel": torch.from_numpy(spectra)[None],
        "levels": torch.from_numpy(taught.levels.astype(np.float32))[None],
        "style": torch.zeros(1, dtype=torch.long),
        "motion": torch.from_numpy(taught.motion[:1].astype(np.float32)),
        "gate": torch.from_numpy(taught.gate[:1].astype(np.float32)),
    }


def _held(values: NDArray[np.float16], length: int) -> Array:
    """Values (T, ...) as long as asked for, the last one held."""
    lacking = [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)]
    return np.pad(values.astype(np.float32), lacking, mode="edge")
