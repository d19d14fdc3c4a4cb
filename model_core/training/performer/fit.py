"""A performer's style fitted to captures: all frames in each step, which takes seconds on a CPU.

Least squares alone would make the style smaller than the performer, as what cannot be heard
averages out. So each shape, each lip measure and each difference of sides is also to be spread as
the performer's: sorted values are compared with sorted values (the one-dimensional Wasserstein
distance, squared).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...base.arrays import Array, Flags
from ...models.performer.style import TAPS, PerformerStyle, gathered
from ...rig.lip_geometry import OPENINGS
from ...rig.rig import load_face_rig
from ...rig.shapes import CLOSED_MM
from ..bundled.losses import SpeechLoss, SpeechLossWeights

STEPS, LEARNING_RATE = 200, 1e-2
_SPREAD = 30.0  # share of the distances between distributions
_PULL = 3.0  # share of the squared distance from the model's own motion, of the map's entries
_SHUT = 4.0  # per mm^2 of lips that part where the model closes them
_FLOOR = 0.03  # least range of a weight that its distance is counted in


@dataclass(frozen=True, eq=False)
class Examples:
    """Frames to learn from, one after the other.

    Attributes:
        around: (T, taps * K) the model's own weights around each frame.
        captured: (T, K) the performer's.
        anchors: (A, taps * K) the model's own, of speech whose performer is nobody: there lips that
            meet are to meet as well.
    """

    around: Tensor
    captured: Tensor
    anchors: Tensor


def examples_of(
    plain: Sequence[Array], captured: Sequence[Array], learned: Sequence[Flags], anchor: Array
) -> Examples:
    """Return frames to learn from.

    Args:
        plain: (T, K) the model's own weights in each take.
        captured: (T, K) the performer's.
        learned: (T,) which frames of each take count.
        anchor: (A, K) the model's own weights in speech of somebody else.
    """
    around = [gathered(own)[rows] for own, rows in zip(plain, learned, strict=True)]
    theirs = [each[rows] for each, rows in zip(captured, learned, strict=True)]
    return Examples(
        torch.from_numpy(np.concatenate(around)),
        torch.from_numpy(np.concatenate(theirs)),
        torch.from_numpy(gathered(anchor)),
    )


class _Map(nn.Module):
    """The map that is fitted: at first it changes nothing."""

    def __init__(self, shapes: int) -> None:
        super().__init__()
        same = torch.zeros(len(TAPS) * shapes, shapes)
        middle = TAPS.index(0) * shapes
        same[middle : middle + shapes] = torch.eye(shapes)
        self.same: Tensor
        self.register_buffer("same", same)
        self.change = nn.Parameter(torch.zeros_like(same))
        self.offset = nn.Parameter(torch.zeros(shapes))

    def forward(self, around: Tensor) -> Tensor:
        """(T, taps * K) -> (T, K), below 0 where a shape would have to be."""
        return around @ (self.same + self.change) + self.offset

    def style(self) -> PerformerStyle:
        """Return it as it is kept."""
        matrix = (self.same + self.change).detach()
        return PerformerStyle(matrix.numpy(), self.offset.detach().numpy())


class _Objective:
    """How far a map is from a performer."""

    def __init__(self, examples: Examples, names: Sequence[str]) -> None:
        self.examples = examples
        own = SpeechLossWeights(closure=0.0)  # lips are closed where the model's are, afterwards
        self.speech = SpeechLoss(load_face_rig(), tuple(names), own)
        self.views = self._views(names)
        self.wanted = (examples.captured @ self.views).sort(dim=0).values
        low, high = torch.quantile(self.wanted, torch.tensor([0.1, 0.9]), dim=0)
        self.scale = (high - low).clamp(min=_FLOOR)
        frames = torch.cat([examples.around, examples.anchors])
        self.closable = frames[self._opening(self._middle(frames)) < CLOSED_MM]

    def __call__(self, fitted: _Map) -> Tensor:
        """Return the loss."""
        weights = fitted(self.examples.around)
        moved = weights.clamp(0.0, 1.0)
        terms = self.speech(moved[None], self.examples.captured[None])
        spread = (moved @ self.views).sort(dim=0).values - self.wanted
        parted = torch.relu(self._opening(fitted(self.closable).clamp(0.0, 1.0)) - CLOSED_MM)
        return (
            torch.stack(list(terms.values())).sum()
            + _SPREAD * (spread / self.scale).square().mean()
            + _PULL * fitted.change.square().mean()
            + _SHUT * parted.square().sum() / max(1, len(parted))
            + torch.relu(-weights).square().mean()  # else a shape at rest learns nothing
        )

    def _views(self, names: Sequence[str]) -> Tensor:
        """Return (K, N) what is to be spread alike: shapes, differences of sides, lips in mm."""
        eye = torch.eye(len(names))
        pairs = [(k, names.index(name[: -len("Left")] + "Right")) for k, name in _lefts(names)]
        sides = [eye[left] - eye[right] for left, right in pairs]
        lips = self.speech.lips
        mm = torch.cat([lips[:, OPENINGS].mean(dim=1, keepdim=True), lips[:, 3:]], dim=1)
        return torch.cat([eye, torch.stack(sides, dim=1), mm], dim=1)

    def _middle(self, around: Tensor) -> Tensor:
        shapes = self.examples.captured.shape[1]
        middle = TAPS.index(0) * shapes
        return around[:, middle : middle + shapes]

    def _opening(self, weights: Tensor) -> Tensor:
        return (weights @ self.speech.lips)[:, OPENINGS].mean(dim=1)


def _lefts(names: Sequence[str]) -> list[tuple[int, str]]:
    return [(k, name) for k, name in enumerate(names) if name.endswith("Left")]


def fit(
    examples: Examples, names: Sequence[str], steps: int, report: Callable[[int, float], None]
) -> PerformerStyle:
    """Return the style that examples show.

    Args:
        examples: what to learn from.
        names: of the K shapes.
        steps: of Adam.
        report: called after each with its number and the loss.
    """
    fitted, objective = _Map(len(names)), _Objective(examples, names)
    optimizer = torch.optim.Adam(fitted.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(1, steps + 1):
        loss = objective(fitted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report(step, loss.item())
    return fitted.style()
