"""How large a performer's motion is, and on which side: measured, of a capture and of a style.

Ranges are from the 10th to the 90th percentile, of weights the mean over a group's shapes; a side's
share is (left - right) / (left + right) of what both move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...base.arrays import Array
from ...rig.lip_geometry import OPENINGS, measures_per_unit
from ...rig.rig import load_face_rig

GROUPS = {
    "jaw": ("jawOpen", "jawForward"),
    "rounding": ("mouthFunnel", "mouthPucker"),
    "closing": ("mouthClose", "mouthRoll", "mouthShrug", "mouthPress"),
    "corners": ("mouthStretch", "mouthSmile", "mouthDimple"),
    "lower lip": ("mouthLowerDown",),
    "upper lip": ("mouthUpperUp",),
}
"""What is measured together, by how the names of shapes begin."""
_NEAR = {"range": 0.1, "side": 0.03, "mm": 0.5}
"""So near to the performer the model may be before: of a range a share, else as it is."""
_LEAST = 0.02  # mean weight of a pair, both sides together, of which a side's share is told


@dataclass(frozen=True)
class Statistic:
    """A number of the model's own style, of the new style, and of the performer.

    Attributes:
        label: what is measured.
        kind: a key of `_NEAR`.
        before: of the model's first style.
        after: of the performer's style.
        captured: of the performer.
    """

    label: str
    kind: str
    before: float
    after: float
    captured: float

    @property
    def moved(self) -> float | None:
        """How much of the way from before to the performer, 1 all; None if there was none to go."""
        way = abs(self.captured - self.before)
        near = _NEAR[self.kind] * (abs(self.captured) if self.kind == "range" else 1.0)
        return None if way <= near else 1.0 - abs(self.captured - self.after) / way

    def row(self) -> str:
        """Return it as a row of a table."""
        moved = "already near" if self.moved is None else f"{self.moved:.0%}"
        return (
            f"| {self.label} | {self.before:.3f} | {self.after:.3f} | {self.captured:.3f} "
            f"| {moved} |"
        )


def statistics_of(
    before: Array, after: Array, captured: Array, names: Sequence[str]
) -> list[Statistic]:
    """Return what is measured of weights (T, K) of the same speech."""
    told = [_numbers(each.astype(np.float64), names) for each in (before, after, captured)]
    return [
        Statistic(label, kind, *(each[label, kind] for each in told))
        for label, kind in told[-1]
        if all((label, kind) in each for each in told)
    ]


def _numbers(weights: Array, names: Sequence[str]) -> Mapping[tuple[str, str], float]:
    """Return each number by its label and kind."""
    low, high = np.percentile(weights, (10, 90), axis=0)
    numbers: dict[tuple[str, str], float] = {}
    for group, begins in GROUPS.items():
        own = [k for k, name in enumerate(names) if name.startswith(begins)]
        if own:
            numbers[f"{group}, range", "range"] = float((high - low)[own].mean())
    for group, begins in GROUPS.items():
        left, right = (_mean(weights, names, begins, side) for side in ("Left", "Right"))
        if left + right > _LEAST * _count(names, begins):
            numbers[f"{group}, side", "side"] = (left - right) / (left + right)
    lips = weights @ measures_per_unit(load_face_rig().select(tuple(names)))
    opening = lips[:, OPENINGS].mean(axis=1)
    numbers["opening, range in mm", "range"] = float(np.ptp(np.percentile(opening, (10, 90))))
    numbers["width, range in mm", "range"] = float(np.ptp(np.percentile(lips[:, 3], (10, 90))))
    numbers["width, middle in mm", "mm"] = float(np.median(lips[:, 3]))
    return numbers


def _mean(weights: Array, names: Sequence[str], begins: tuple[str, ...], side: str) -> float:
    """Return the sum of the mean weights of a group's shapes of one side."""
    own = [k for k, name in enumerate(names) if name.startswith(begins) and name.endswith(side)]
    return float(weights[:, own].mean(axis=0).sum())


def _count(names: Sequence[str], begins: tuple[str, ...]) -> int:
    """Return how many shapes of a group there are on the left."""
    return sum(name.startswith(begins) and name.endswith("Left") for name in names)


def table(statistics: Sequence[Statistic]) -> list[str]:
    """Return a table of statistics, as Markdown."""
    return [
        "| of the speech kept aside | before | the style | the performer | moved |",
        "|---|---:|---:|---:|---:|",
        *(each.row() for each in statistics),
    ]
