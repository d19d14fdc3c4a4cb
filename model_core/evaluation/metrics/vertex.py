"""Vertex scores of predicted motion against recorded motion, as the literature defines them.

With d[t, v] the distance of vertex v in frame t between prediction and recording:

- LVE, lip vertex error (Richard et al. 2021, MeshTalk): mean over all frames of the largest
  SQUARED distance among the lip vertices, in squared units of the data (m^2 for VOCASET).
- lip error: the same with plain distances, in mm.
- MVE, mean vertex error: mean distance over all frames and vertices, in mm.
- FDD, upper-face dynamics deviation (Xing et al. 2023, CodeTalker): per sequence, the mean over
  the upper-face vertices of std_t(|recorded offset|^2) - std_t(|predicted offset|^2); the mean
  over sequences keeps the sign, so that too little and too much motion cancel; the absolute FDD is
  the mean of the sequences' magnitudes.
- MSE and LVD, as code published with EMAGE and MambaTalk takes them of a face's vertices: the mean
  square and the mean magnitude of a coordinate's error. LVD is called a distance of velocities but
  subtracts the recording's last frame from both sides, |p[t] - r[t-1] - (r[t] - r[t-1])|, which is
  the error of the position; the velocity error is what the name says, |p[t] - p[t-1] - (r[t] -
  r[t-1])|.
- within a clip: how far a coordinate is from its mean over the clip, in mm; the same line of work
  calls this diversity. It tells how much moves, not how much takes differ.
- diversity, of several predictions of one speech: the mean over all pairs of them. Between takes
  (other seeds, one style) it tells how much a model varies, as GLDiTalker counts it: 0 for one that
  does not draw. Between styles it tells how far these lie apart. By vertices it is the mean
  distance over frames and vertices, in mm; by norm, as FaceDiffuser (Stan et al. 2023) has it, the
  norm of the whole difference, which grows with the length of the speech.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.errors import UserError
from ...base.statistics import mean
from ...base.units import MM_PER_M

Offsets = NDArray[np.floating]


@dataclass(frozen=True)
class VertexScores:
    """Scores over all sequences added; squares are in squared units of the data.

    Scores in mm are NaN where the unit's length is not known (BIWI's normalised coordinates).
    """

    sequences: int
    frames: int
    lve: float
    fdd: float
    absolute_fdd: float
    lip_error_mm: float
    mve_mm: float
    mse: float
    lvd: float
    velocity_error: float
    within_clip_mm: float


class Coordinates(NamedTuple):
    """Scores of a sequence by its coordinates, in units of the offsets; see the module."""

    mse: float
    lvd: float
    velocity_error: float
    within_clip: float


def coordinates(predicted: Offsets, recorded: Offsets) -> Coordinates:
    """Return the scores by coordinates of a prediction (T, ...) of a recording (T, ...).

    Of a single frame there are neither steps nor their errors: NaN.
    """
    off = (predicted - recorded).astype(np.float64)
    return Coordinates(
        mse=float(np.square(off).mean()),
        lvd=mean(np.abs(off[1:])),
        velocity_error=mean(np.abs(np.diff(off, axis=0))),
        within_clip=float(np.abs(predicted - predicted.mean(axis=0)).mean()),
    )


class VertexAccumulator:
    """Pools sequences: `add` each, then `finish`.

    Args:
        lips: indices of lip vertices (L,); repeats do not matter.
        upper: indices of upper-face vertices (U,); a repeated one counts as often as it is listed.
        metres_per_unit: length of a unit of the offsets.
    """

    def __init__(
        self, lips: NDArray[np.integer], upper: NDArray[np.integer], metres_per_unit: float | None
    ) -> None:
        self._lips, self._upper = lips, upper
        self._mm = MM_PER_M * metres_per_unit if metres_per_unit else float("nan")
        self._lip_squares: list[NDArray[np.float64]] = []
        self._distances: list[NDArray[np.float64]] = []
        self._deviations: list[float] = []
        self._coordinates: list[Coordinates] = []

    def add(self, predicted: Offsets, recorded: Offsets) -> None:
        """Count one sequence of offsets from the neutral, (T, V, 3) each.

        Raises:
            UserError: the two differ in shape.
        """
        if predicted.shape != recorded.shape:
            raise UserError(
                f"A prediction of shape {predicted.shape} cannot be compared with a recording "
                f"of shape {recorded.shape}."
            )
        squares = _square_norms(predicted - recorded)  # (T, V)
        self._lip_squares.append(squares[:, self._lips].max(axis=1))
        self._distances.append(np.sqrt(squares).mean(axis=1))
        self._coordinates.append(coordinates(predicted, recorded))
        dynamics = [
            _square_norms(each[:, self._upper]).std(axis=0) for each in (recorded, predicted)
        ]
        self._deviations.append(float((dynamics[0] - dynamics[1]).mean()))

    def finish(self) -> VertexScores:
        """Return the scores of everything added so far."""
        squares = np.concatenate([np.empty(0), *self._lip_squares])
        deviations = np.array(self._deviations)
        own = np.array(self._coordinates).reshape(-1, len(Coordinates._fields))
        mse, lvd, velocity, within = (mean(column[np.isfinite(column)]) for column in own.T)
        return VertexScores(
            sequences=len(deviations),
            frames=len(squares),
            lve=mean(squares),
            fdd=mean(deviations),
            absolute_fdd=mean(np.abs(deviations)),
            lip_error_mm=self._mm * mean(np.sqrt(squares)),
            mve_mm=self._mm * mean(np.concatenate([np.empty(0), *self._distances])),
            mse=mse,
            lvd=lvd,
            velocity_error=velocity,
            within_clip_mm=self._mm * within,
        )


def diversity(predictions: list[Offsets]) -> float:
    """Return the mean distance between predictions (T, V, 3) of one speech, by vertices.

    In units of the offsets; NaN for fewer than two.
    """
    gaps = [np.sqrt(_square_norms(a - b)).mean() for a, b in combinations(predictions, 2)]
    return mean(np.array(gaps))


def norm_diversity(predictions: list[Offsets]) -> float:
    """Return the mean distance between predictions (T, V, 3) of one speech, by norm.

    In units of the offsets; NaN for fewer than two.
    """
    gaps = [np.sqrt(_square_norms(a - b).sum()) for a, b in combinations(predictions, 2)]
    return mean(np.array(gaps))


def _square_norms(vectors: Offsets) -> NDArray[np.float64]:
    """Return the squared lengths of vectors (..., 3), in double precision."""
    exact = vectors.astype(np.float64)
    squares: NDArray[np.float64] = np.einsum("...i,...i->...", exact, exact)
    return squares
