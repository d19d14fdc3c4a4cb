"""Losses on shape weights, measured in millimetres of skin and lips.

Both a vertex's position and a lip measure are linear in the weights, so their errors come from
small matrices made once from the rig; no vertex is ever computed in training.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...base.units import MM_PER_M
from ...layers.regime_head import Regimes
from ...rig.lip_geometry import OPENINGS, measures_per_unit
from ...rig.rig import FaceRig
from ...rig.shapes import CLOSED_MM

_EDGE = 2  # frames at either end of a closure that the gate is not taught


@dataclass(frozen=True)
class SpeechLossWeights:
    """Shares of the terms."""

    shapes: float = 10.0  # per unit weight: keeps curves readable where shapes overlap
    skin: float = 2.0  # per mm^2, mean over the mouth region's vertices
    lips: float = 3.0  # per mm^2, mean over the five lip measures
    velocity: float = 1.5  # of skin and lips, per frame step
    closure: float = 4.0  # per mm^2 of lips open in a closure, or closed outside one
    gate: float = 10.0  # per nat of the gate's cross entropy
    balance: float = 0.01  # of the experts' load


class SpeechLoss(nn.Module):
    """Error of predicted weights (B, T, K) against articulated ones."""

    def __init__(self, rig: FaceRig, names: tuple[str, ...], weights: SpeechLossWeights) -> None:
        super().__init__()
        self.weights = weights
        basis = rig.select(names)  # (K, V, 3) m
        mouth = MM_PER_M * basis[:, rig.regions["mouth"]]
        self.skin: Tensor
        self.lips: Tensor
        self.register_buffer("skin", _skin_factor(mouth), persistent=False)
        lips = torch.from_numpy(measures_per_unit(basis)).float()
        self.register_buffer("lips", lips, persistent=False)  # (K, 5) mm

    def forward(
        self,
        predicted: Tensor,
        target: Tensor,
        regimes: Regimes | None = None,
        together: Tensor | None = None,
        care: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the weighted terms, to be summed.

        With regimes, each is taught where it holds, and the gate to tell which does: where the
        target's lips meet, or as `together` (B, T, 1) says, 0 to 1; its error counts `care`
        (B, T, 1) times in each frame.
        """
        with torch.autocast(predicted.device.type, enabled=False):  # half a per cent is too coarse
            velocity = self._velocity(predicted.float(), target)
            if regimes is None:
                return {**self._positions(predicted.float(), target), "velocity": velocity}
            together = self._together(target) if together is None else together
            terms = self._positions(regimes.mixed(together).float(), target)
            entropy = F.binary_cross_entropy_with_logits(regimes.gate.float(), together, care)
            return {**terms, "velocity": velocity, "gate": self.weights.gate * entropy}

    def _together(self, target: Tensor) -> Tensor:
        """Return whether lips meet (B, T, 1), 0 to 1, softly around the limit.

        In the frames around as well: when a closure begins is less sure than that it is one, and a
        gate taught all of it would close early.
        """
        opening = (target @ self.lips)[..., OPENINGS].mean(-1)  # (B, T) mm
        widest = F.max_pool1d(opening, 2 * _EDGE + 1, stride=1, padding=_EDGE)
        return torch.sigmoid((CLOSED_MM - widest) / (0.125 * CLOSED_MM))[..., None]

    def _positions(self, predicted: Tensor, target: Tensor) -> dict[str, Tensor]:
        error = predicted - target  # (B, T, K)
        lips, target_lips = predicted @ self.lips, target @ self.lips  # (B, T, 5) mm
        skin = error @ self.skin  # (B, T, K): its squared norm is the mean squared mm
        share = self.weights
        return {
            "shapes": share.shapes * error.square().mean(),
            "skin": share.skin * skin.square().sum(-1).mean(),
            "lips": share.lips * (lips - target_lips).square().mean(),
            "closure": share.closure * _closure(lips[..., OPENINGS], target_lips[..., OPENINGS]),
        }

    def _velocity(self, predicted: Tensor, target: Tensor) -> Tensor:
        step = (predicted - target).diff(dim=1)  # (B, T - 1, K)
        skin = (step @ self.skin).square().sum(-1).mean()
        lips = (step @ self.lips).square().mean()
        return self.weights.velocity * (self.weights.skin * skin + self.weights.lips * lips)


def _closure(opening: Tensor, target: Tensor) -> Tensor:
    """Penalise lips apart where they must meet, and lips meeting where they must not (hinges)."""
    opening, target = opening.mean(-1), target.mean(-1)  # (B, T) mm
    apart = torch.relu(opening - 0.25 * CLOSED_MM).square() * (target < 0.5 * CLOSED_MM)
    meeting = torch.relu(1.5 * CLOSED_MM - opening).square() * (target > 2 * CLOSED_MM)
    return (apart + meeting).mean()


def _skin_factor(basis: np.ndarray) -> Tensor:
    """Return F (K, K) with ||w F||^2 the mean squared displacement of (K, V, 3) shapes in mm^2."""
    flat = basis.reshape(len(basis), -1).astype(np.float64)
    gram = flat @ flat.T / basis.shape[1]
    values, vectors = np.linalg.eigh(gram)
    return torch.from_numpy(vectors * np.sqrt(values.clip(0))).float()
