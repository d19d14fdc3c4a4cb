"""LVE, FDD and their like against a hand-computed example and an independent formula."""

import math
from typing import Any

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.evaluation.metrics.lip_agreement import LipAgreementAccumulator
from model_core.evaluation.metrics.vertex import VertexAccumulator, diversity, norm_diversity
from model_core.rig.shapes import INNER_LIP_PAIRS

Array = np.ndarray[Any, np.dtype[np.float64]]


def test_a_hand_computed_example() -> None:
    # Two frames, three vertices; lips are 0 and 1, the upper face is 2.
    recorded = np.zeros((2, 3, 3))
    predicted = np.zeros((2, 3, 3))
    predicted[0, 0] = [3, 4, 0]  # 25 squared; frame 0: the largest lip error
    predicted[0, 1] = [1, 0, 0]
    predicted[1, 1] = [0, 2, 0]  # 4 squared; frame 1
    recorded[:, 2, 2] = [0, 2]  # squared norms 0, 4: standard deviation 2
    predicted[:, 2, 2] = [0, 4]  # squared norms 0, 16: standard deviation 8
    scores = _score([(predicted, recorded)], lips=[0, 1], upper=[2], metres_per_unit=1e-3)
    assert scores.lve == pytest.approx((25 + 4) / 2)
    assert scores.fdd == pytest.approx(2 - 8)
    assert scores.absolute_fdd == pytest.approx(6)
    assert scores.lip_error_mm == pytest.approx((5 + 2) / 2)
    assert scores.mve_mm == pytest.approx((5 + 1 + 0 + 0 + 2 + 2) / 6)
    assert (scores.sequences, scores.frames) == (1, 2)


def test_fdd_keeps_its_sign_and_the_absolute_one_does_not() -> None:
    still, moving = np.zeros((2, 1, 3)), np.zeros((2, 1, 3))
    moving[1, 0, 0] = 2  # standard deviation of 0, 4: 2
    scores = _score([(still, moving), (moving, still)], lips=[0], upper=[0])
    assert scores.fdd == 0
    assert scores.absolute_fdd == pytest.approx(2)


def test_against_an_independent_formula() -> None:
    rng = np.random.default_rng(1)
    lips, upper = [3, 1, 3, 7], [0, 2, 2, 5]
    pairs = [(rng.normal(size=(t, 9, 3)), rng.normal(size=(t, 9, 3))) for t in (4, 7, 11)]
    scores = _score(pairs, lips, upper)
    lve, fdds, distances = [], [], []
    for predicted, recorded in pairs:  # plain loops, as the definitions read
        for frame in range(len(predicted)):
            error = [math.dist(predicted[frame, v], recorded[frame, v]) for v in range(9)]
            lve.append(max(error[v] ** 2 for v in lips))
            distances += error
        deviations = [_deviation(recorded[:, v]) - _deviation(predicted[:, v]) for v in upper]
        fdds.append(sum(deviations) / len(deviations))
    assert scores.lve == pytest.approx(sum(lve) / 22)
    assert scores.fdd == pytest.approx(sum(fdds) / 3)
    assert scores.absolute_fdd == pytest.approx(sum(map(abs, fdds)) / 3)
    assert scores.mve_mm == pytest.approx(1000 * sum(distances) / len(distances))


def _deviation(path: Array) -> float:
    """Standard deviation over time of one vertex's squared offset."""
    squares = [sum(c * c for c in offset) for offset in path.tolist()]
    mean = sum(squares) / len(squares)
    return math.sqrt(sum((s - mean) ** 2 for s in squares) / len(squares))


def test_an_exact_prediction_scores_zero_and_unknown_units_give_no_millimetres() -> None:
    motion = np.random.default_rng(2).normal(size=(5, 4, 3))
    scores = _score([(motion, motion)], [0], [1], metres_per_unit=None)
    assert (scores.lve, scores.fdd, scores.absolute_fdd) == (0, 0, 0)
    assert math.isnan(scores.mve_mm)
    assert math.isnan(scores.lip_error_mm)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(UserError, match="shape"):
        _score([(np.zeros((4, 2, 3)), np.zeros((5, 2, 3)))], [0], [1])


def test_diversity_is_the_mean_over_pairs() -> None:
    zero, one, four = (np.full((3, 2, 3), [x, 0, 0], float) for x in (0, 1, 4))
    assert diversity([zero, one, four]) == pytest.approx((1 + 4 + 3) / 3)
    assert math.isnan(diversity([zero]))
    by_norm = (1 + 4 + 3) / 3 * math.sqrt(3 * 2)  # of frames and vertices
    assert norm_diversity([zero, one, four]) == pytest.approx(by_norm)
    assert math.isnan(norm_diversity([zero]))


def test_lip_agreement_finds_lag_and_missed_closures() -> None:
    rng = np.random.default_rng(3)
    opening = np.repeat(rng.uniform(0, 10, 40), 3)
    opening[::30] = 0
    exact = _agreement(opening, opening)
    assert exact.closure_recall == exact.closure_precision == 1
    assert exact.opening_error_mm == 0
    assert abs(exact.lag_ms) < 1
    late = _agreement(np.roll(opening, 3), opening)
    assert late.lag_ms == pytest.approx(100, abs=10)
    gaping = _agreement(opening + 5, opening)
    assert gaping.closure_recall == 0
    assert gaping.opening_error_mm == pytest.approx(5)


def _agreement(predicted: Array, recorded: Array) -> Any:
    pool = LipAgreementAccumulator(30)
    pool.add(_opened(predicted), _opened(recorded))
    return pool.finish()


def _opened(opening_mm: Array) -> Array:
    """Offsets (T, 5023, 3) whose upper inner lip is raised by an opening (T,)."""
    offsets = np.zeros((len(opening_mm), 5023, 3))
    for upper, _ in INNER_LIP_PAIRS:
        offsets[:, upper, 1] = opening_mm / 1000
    return offsets


def _score(
    pairs: list[tuple[Array, Array]],
    lips: list[int],
    upper: list[int],
    metres_per_unit: float | None = 1.0,
) -> Any:
    pool = VertexAccumulator(np.array(lips), np.array(upper), metres_per_unit)
    for predicted, recorded in pairs:
        pool.add(predicted, recorded)
    return pool.finish()
