"""Lip scores against motions whose curves are known."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, pearsonr

from model_core.base.errors import UserError
from model_core.base.statistics import auc, best_lag, lag_correlations, pearson
from model_core.evaluation.metrics.lips import LipAccumulator, LipScores
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import FLAME_VERTICES, INNER_LIP_PAIRS, MOUTH_CORNERS
from model_core.speech.phones import PAUSE, Phone

FPS = 30.0
Curve = NDArray[np.float64]


def motion_of(
    opening: Curve, width: Curve | float = 0.0, protrusion: Curve | float = 0.0
) -> Motion:
    """A motion whose lip curves are these, in mm, built from three one-purpose shapes."""
    basis = np.zeros((3, FLAME_VERTICES, 3), np.float32)
    upper, lower = np.transpose(INNER_LIP_PAIRS)
    basis[0, upper, 1], basis[0, lower, 1] = 0.0004, -0.0006
    neutral = load_face_rig().neutral
    across = neutral[MOUTH_CORNERS[1]] - neutral[MOUTH_CORNERS[0]]
    basis[1, MOUTH_CORNERS[1]] = 0.001 * across / np.linalg.norm(across)
    basis[2, [*upper, *lower], 2] = 0.001
    weights = np.column_stack(
        [np.broadcast_to(c, opening.shape) for c in (opening, width, protrusion)]
    )
    return Motion(FPS, ("open", "wide", "forward"), basis, weights.astype(np.float32))


def scores_of(motion: Motion, phones: list[Phone], **more: object) -> LipScores:
    accumulator = LipAccumulator()
    accumulator.add(motion, phones, **more)  # type: ignore[arg-type]
    return accumulator.finish()


def test_closed_counts_bilabials_that_reach_below_the_threshold() -> None:
    opening = np.full(60, 5.0)
    opening[15], opening[45] = 0.5, 0.9
    phones = [Phone("p", 0.45, 0.55), Phone("b", 1.45, 1.55)]
    vowels = [Phone("a", 0.35, 0.45), Phone("a", 0.55, 1.45), Phone("a", 1.55, 1.7)]
    scores = scores_of(motion_of(opening), sorted(phones + vowels, key=lambda phone: phone.start))
    assert scores.bilabials == 2
    assert scores.closed == scores.closed_wide == 0.5
    assert scores.closure_frames_median == 1.0


def test_the_windows_are_33_and_50_ms() -> None:
    opening = np.full(60, 5.0)
    opening[[17, 48]] = 0.0  # at 0.567 s and 1.600 s
    within, beyond = Phone("p", 0.45, 0.54), Phone("m", 1.45, 1.555)
    scores = scores_of(motion_of(opening), [within, beyond])
    assert scores.closed == 0.5
    assert scores.closed_wide == 1.0


def test_false_closures_leave_out_short_phones_labiodentals_and_w() -> None:
    phones = [
        Phone(symbol, i / 10, i / 10 + length)
        for i, (symbol, length) in enumerate(
            [("s", 0.1), ("t", 0.04), ("f", 0.1), ("w", 0.1), ("a", 0.1), ("p", 0.1), ("n", 0.1)]
        )
    ]
    opening = np.zeros(21)
    opening[round(0.45 * FPS)] = 9.0
    assert scores_of(motion_of(opening), phones).false_closures == pytest.approx(2 / 3)


def test_aucs_compare_the_right_groups_in_the_right_direction() -> None:
    phones = [
        Phone("i:", 0.0, 0.1),
        Phone("u:", 0.5, 0.6),
        Phone("s", 1.0, 1.1),
        Phone("w", 1.5, 1.6),
    ]
    width, protrusion = np.zeros(60), np.zeros(60)
    width[[1, 2, 31]], width[[16, 17, 46]] = 3.0, -5.0
    protrusion[[16, 17, 46]] = 4.0
    scores = scores_of(motion_of(np.full(60, 2.0), width, protrusion), phones)
    assert scores.width_auc == scores.protrusion_auc == 1.0
    flipped = scores_of(motion_of(np.full(60, 2.0), -width, -protrusion), phones)
    assert flipped.width_auc == flipped.protrusion_auc == 0.0


def test_closure_auc_uses_open_vowels_over_60_ms() -> None:
    opening = np.full(60, 1.0)
    opening[round(0.25 * FPS)] = 8.0
    phones = [Phone("p", 0.0, 0.1), Phone("A:", 0.2, 0.3), Phone("a", 1.0, 1.05)]
    assert scores_of(motion_of(opening), phones).closure_auc == 1.0


def test_silence_is_the_inside_of_long_pauses() -> None:
    phones = [Phone("a", 1.0, 1.2), Phone(PAUSE, 1.2, 1.5), Phone("a", 1.5, 1.6)]
    opening = np.full(48, 7.0)
    opening[4:27] = -0.25  # from 0.13 s to 0.87 s of the pause before the first phone
    scores = scores_of(motion_of(opening), phones)
    assert scores.silence_opening == pytest.approx(0.25)
    assert scores.silence_speed_p95 == pytest.approx(0.0, abs=1e-5)


def test_energy_correlation_matches_scipy() -> None:
    rng = np.random.default_rng(1)
    time = np.arange(3 * 16000) / 16000
    level = 0.2 + 0.8 * np.sin(2 * np.pi * 1.5 * time) ** 2
    samples = level * np.sin(2 * np.pi * 180 * time)
    frames = np.arange(90) / FPS
    log_level = 20 * np.log10(0.2 + 0.8 * np.sin(2 * np.pi * 1.5 * frames) ** 2)
    opening = log_level + rng.normal(0, 3, 90)
    scores = scores_of(motion_of(opening), [Phone("a", 0.1, 2.9)], samples=samples)
    expected = pearsonr(opening[3:88], log_level[3:88]).statistic
    assert scores.energy_correlation == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("late", [-2, 0, 3])
def test_lag_is_how_late_the_motion_is(late: int) -> None:
    opening = 5 + np.convolve(np.random.default_rng(2).normal(0, 3, 140), np.hanning(9), "same")
    motion, reference = motion_of(opening[20:120]), motion_of(opening[20 + late : 120 + late])
    scores = scores_of(motion, [Phone("a", 0.0, 3.0)], reference=reference)
    assert scores.lag == pytest.approx(1000 * late / FPS, abs=4.0)


def test_jitter_zigzags_and_motion_does_not() -> None:
    phones = [Phone("a", 0.0, 3.0)]
    time = np.arange(90) / FPS
    smooth = 5 + 4 * np.sin(2 * np.pi * 2 * time)
    jittery = smooth + np.where(np.arange(90) % 2, 1.5, -1.5)
    assert scores_of(motion_of(smooth), phones).held_zigzags == 0.0
    assert scores_of(motion_of(jittery), phones).held_zigzags > 10.0


def test_a_closure_beside_a_pause_has_no_length() -> None:
    opening = np.zeros(60)
    opening[30:] = 5.0
    scores = scores_of(motion_of(opening), [Phone("m", 0.9, 1.0), Phone("a", 1.0, 2.0)])
    assert scores.closed == 1.0
    assert np.isnan(scores.closure_frames_median)


def test_pooling_weighs_phones_not_utterances() -> None:
    opening = np.full(60, 5.0)
    opening[:30] = 0.0
    one = [Phone("p", 0.2, 0.3)]
    three = [Phone("p", start, start + 0.1) for start in (1.2, 1.4, 1.6)]
    accumulator = LipAccumulator()
    accumulator.add(motion_of(opening), one)
    accumulator.add(motion_of(opening), three)
    scores = accumulator.finish()
    assert (scores.utterances, scores.bilabials, scores.closed) == (2, 4, 0.25)
    assert scores.seconds == pytest.approx(4.0)


def test_frame_rates_do_not_mix() -> None:
    accumulator = LipAccumulator()
    accumulator.add(motion_of(np.zeros(30)), [])
    other = motion_of(np.zeros(60))
    with pytest.raises(UserError, match="fps"):
        accumulator.add(Motion(60.0, other.names, other.basis, other.weights), [])


def test_nothing_counted_is_null_in_json_and_nan_in_markdown() -> None:
    scores = scores_of(motion_of(np.zeros(30)), [])
    stored = json.loads(json.dumps(scores.to_json()))
    assert stored["closed"] is None
    assert stored["silence_opening"] == 0.0
    assert "| closed | nan | share, phone +- 33 ms |" in scores.to_markdown()


def test_auc_is_mann_whitney_with_ties() -> None:
    rng = np.random.default_rng(3)
    higher, lower = rng.integers(0, 9, 200).astype(float), rng.integers(0, 7, 150).astype(float)
    expected = mannwhitneyu(higher, lower).statistic / (200 * 150)
    assert auc(higher, lower) == pytest.approx(expected)
    assert auc(np.array([1.0, 2.0]), np.array([1.0])) == 0.75
    assert np.isnan(auc(np.empty(0), lower))


def test_lag_correlations_peak_where_the_copy_lies() -> None:
    values = np.random.default_rng(4).normal(size=80)
    row = lag_correlations(values[10:70], values[14:74], 6)
    assert row[6 + 4] == pytest.approx(1.0)
    assert best_lag([row]) == pytest.approx(4.0, abs=0.3)
    assert np.isnan(best_lag([]))
    assert pearson(values, -values) == pytest.approx(-1.0)


def test_a_second_alignment_bears_labels_out_or_not() -> None:
    first = [
        Phone("a", 0.2, 0.4),
        Phone("p", 0.4, 0.5),
        Phone("t", 0.5, 0.6),
        Phone("i:", 0.6, 0.8),
    ]
    opening = np.full(30, 5.0)
    opening[[13, 16]] = 0.0  # in the p, and at the t's centre
    motion = motion_of(opening)

    def scored(*second: Phone) -> LipScores:
        return scores_of(motion, first, second=[*second])

    alone = scores_of(motion, first)
    assert (alone.bilabials, alone.false_closures) == (1, 1 / 3)
    assert scored(*first).to_json() == alone.to_json()
    late = scored(Phone("a", 0.2, 0.5), Phone("p", 0.5, 0.6), Phone("i:", 0.6, 0.8))
    assert late.bilabials == 0  # 100 ms away
    assert late.false_closures == 0.0  # the t may be the other's p
    near = scored(Phone("a", 0.2, 0.47), Phone("b", 0.47, 0.5), Phone("i:", 0.55, 0.8))
    assert (near.bilabials, near.closed) == (1, 1.0)
    assert near.false_closures == 1 / 3
    rounded = scored(Phone("O:", 0.2, 0.4), Phone("p", 0.4, 0.5))
    assert np.isnan(rounded.closure_auc)  # no vowel that both call open


def test_a_pause_counts_where_both_pause() -> None:
    phones = [Phone(PAUSE, 0.0, 1.0), Phone("a", 1.0, 1.5)]
    motion = motion_of(np.full(45, 3.0))
    assert scores_of(motion, phones).silence_opening == pytest.approx(3.0)
    spoken = scores_of(motion, phones, second=[Phone("a", 0.1, 1.5)])
    assert np.isnan(spoken.silence_opening)
