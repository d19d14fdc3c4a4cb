"""Losses of the recipe `tracked`: lips in mm as they were seen, else the teacher's motion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...layers.regime_head import Regimes
from ...rig.lip_geometry import OPENINGS, measures_per_unit, outer_height_per_unit
from ...rig.rig import FaceRig
from ..bundled.losses import SpeechLoss, SpeechLossWeights

_JAW = "jawOpen"
_WIDTH, _PROTRUSION = 3, 4  # of the five lip measures


@dataclass(frozen=True)
class TrackedLossWeights:
    """Shares of the terms.

    Attributes:
        lips: per mm^2, of opening, width and outer height.
        velocity: the same of their steps between frames.
        bend: the same of their second differences, against the teacher's.
        keep: the speech loss against the teacher's motion in tracked clips.
        gate: per nat of the gate's cross entropy against the teacher's, in tracked clips.
        floor: per mm^2 below `FLOOR_MM` of lips apart.
        closure: per mm^2 above `CLOSE_MM` of lips that the teacher holds together.
        jaw: share of the squared error along the jaw that counts against the teacher's motion.
        shut: per mm of lips that the teacher holds together, in anchors: the median of what may
            be, so in a crowd's murmur lips rest instead of hanging half open.
        rounding: per nat of telling rounded phones from spread ones by protrusion, and by width.
    """

    lips: tuple[float, float, float] = (1.0, 0.8, 0.5)
    velocity: float = 0.5
    bend: float = 0.5
    keep: float = 0.1
    gate: float = 2.0
    floor: float = 1.0
    closure: float = 1.0
    jaw: float = 0.25
    shut: float = 4.0
    rounding: float = 5.0


FLOOR_MM, CLOSE_MM = 1.4, 0.5
_PROTRUDED_MM, _WIDE_MM, _UNSURE_MM = 2.8, -2.8, 1.0  # halfway between rounded and spread lips


class TrackedLoss(nn.Module):
    """Errors against tracked lips (B, T, 3) and against a teacher's weights (B, T, K)."""

    def __init__(self, rig: FaceRig, names: tuple[str, ...], weights: TrackedLossWeights) -> None:
        super().__init__()
        self.weights, self.jaw = weights, names.index(_JAW)
        self.speech = SpeechLoss(rig, names, SpeechLossWeights())
        basis = rig.select(names)
        per_unit = measures_per_unit(basis)  # (K, 5)
        lips = np.column_stack(
            [per_unit[:, OPENINGS].mean(axis=1), per_unit[:, _WIDTH], outer_height_per_unit(basis)]
        )
        self.lips: Tensor
        self.register_buffer("lips", torch.from_numpy(lips).float(), persistent=False)  # (K, 3)

    def anchors(
        self, predicted: Tensor, regimes: Regimes, batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Terms of anchors.

        `batch`: `targets` (B, T, K) and `together` (B, T), the teacher's motion and gate; `care`
        and `rounded` (B, T), as of `labels.Marks`.
        """
        share, target = self.weights, batch["targets"]
        terms = self.teacher(predicted, target, regimes, batch["together"], batch["care"])
        opening = (predicted @ self.lips)[..., 0]
        shut = ((target @ self.lips)[..., 0] < CLOSE_MM) & (batch["together"] > 0.5)
        lips = predicted @ self.speech.lips  # (B, T, 5) mm
        protruded = (lips[..., _PROTRUSION] - _PROTRUDED_MM) / _UNSURE_MM
        narrow = (_WIDE_MM - lips[..., _WIDTH]) / _UNSURE_MM
        said = batch["rounded"]
        wrong = F.softplus(-said * protruded) + F.softplus(-said * narrow)
        return {
            **terms,
            "shut": share.shut * (opening.abs() * shut).mean(),
            "rounding": share.rounding * (wrong * said.abs()).mean(),
        }

    def teacher(
        self,
        predicted: Tensor,
        target: Tensor,
        regimes: Regimes,
        together: Tensor,
        care: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Terms against a teacher's motion (B, T, K) and gate (B, T), the jaw freed in part.

        The gate's error counts `care` (B, T) times.
        """
        freed = Regimes(
            self._freed(regimes.apart, target), self._freed(regimes.together, target), regimes.gate
        )
        freely = self._freed(predicted, target)
        caring = None if care is None else care[..., None]
        return self.speech(freely, target, freed, together[..., None], caring)

    def _freed(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Predicted weights with part of what differs from the target along the jaw taken away."""
        skin = self.speech.skin  # (K, K)
        jaw = skin[self.jaw]
        along = ((predicted - target) @ skin) @ (jaw / jaw.square().sum())  # (B, T) of the jaw
        less = (1.0 - self.weights.jaw**0.5) * along[..., None]
        only_jaw = predicted.new_zeros(predicted.shape[-1])
        only_jaw[self.jaw] = 1.0
        return predicted - less * only_jaw

    def tracked(
        self, predicted: Tensor, regimes: Regimes, batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Terms of clips with tracked lips.

        `batch`: `lips` (B, T, 3) in our mm and `seen` (B, T, 3), 0 or 1; `targets` (B, T, K),
        `together` (B, T) and `speaks` (B, T), the teacher's motion, gate and where there is speech.
        """
        share, together = self.weights, batch["together"]
        ours, teacher = predicted @ self.lips, batch["targets"] @ self.lips  # (B, T, 3)
        error = (ours - batch["lips"]) * batch["seen"]
        step = (ours - batch["lips"]).diff(dim=1) * batch["seen"][:, 1:] * batch["seen"][:, :-1]
        bend = ours.diff(n=2, dim=1).abs() - teacher.diff(n=2, dim=1).abs()
        apart = (regimes.apart @ self.lips)[..., 0]
        speaks = batch["speaks"] * (together < 0.5)
        entropy = F.binary_cross_entropy_with_logits(regimes.gate[..., 0], together)
        kept = self.teacher(predicted, batch["targets"], regimes, together)
        rest = (1 - batch["speaks"]) * (teacher[..., 0] < CLOSE_MM)
        per_mm = error.new_tensor(share.lips)
        return {
            "tracked": (per_mm * error.square()).mean((0, 1)).sum(),
            "tracked_velocity": share.velocity * (per_mm * step.square()).mean((0, 1)).sum(),
            "bend": share.bend * torch.relu(bend).square().mean(),
            "keep": share.keep * torch.stack(list(kept.values())).sum(),
            "tracked_gate": share.gate * entropy,
            "floor": share.floor * (torch.relu(FLOOR_MM - apart).square() * speaks).mean(),
            "tracked_closure": share.closure
            * (torch.relu(ours[..., 0] - CLOSE_MM).square() * (together > 0.9)).mean(),
            "rest": ((ours[..., 0] - teacher[..., 0]).abs() * rest).mean(),
        }
