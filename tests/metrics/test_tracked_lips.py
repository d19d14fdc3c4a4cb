"""Scores against tracked lips, on motions whose curves are known."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.datasets.tracked import TrackedClip
from model_core.evaluation.metrics.tracked_lips import TrackedAccumulator, lip_measures
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import FLAME_VERTICES, INNER_LIP_PAIRS, MOUTH_CORNERS, OUTER_LIPS

OUR_FPS, VIDEO_FPS, SECONDS = 30.0, 25.0, 4.0
Curve = NDArray[np.float64]


def wave(times: Curve, period: float) -> Curve:
    curve: Curve = 4.0 + 4.0 * np.sin(2 * np.pi * times / period)
    return curve


def motion_of(opening: Curve, width: Curve, height: Curve) -> Motion:
    """A motion whose measures are these, in mm."""
    basis = np.zeros((3, FLAME_VERTICES, 3), np.float32)
    basis[0, [upper for upper, _ in INNER_LIP_PAIRS], 1] = 0.001
    neutral = load_face_rig().neutral
    across = neutral[MOUTH_CORNERS[1]] - neutral[MOUTH_CORNERS[0]]
    basis[1, MOUTH_CORNERS[1]] = 0.001 * across / np.linalg.norm(across)
    basis[2, OUTER_LIPS[1], 1] = -0.001
    weights = np.column_stack([opening, width, height]).astype(np.float32)
    return Motion(OUR_FPS, ("open", "wide", "high"), basis, weights)


def predicted(late: float = 0.0, size: float = 1.0) -> Motion:
    times = np.arange(round(SECONDS * OUR_FPS)) / OUR_FPS - late
    return motion_of(*(size * wave(times, period) for period in (0.7, 1.1, 0.9)))


def clip_of(speaker: str = "ann", scale: float = 1.0) -> TrackedClip:
    times = np.arange(round(SECONDS * VIDEO_FPS)) / VIDEO_FPS
    lips = np.column_stack([20.0 + scale * wave(times, period) for period in (0.7, 1.1, 0.9)])
    return TrackedClip(speaker, "a", Path("none.flac"), VIDEO_FPS, lips)


def test_measures_are_opening_width_and_outer_height() -> None:
    measures = lip_measures(predicted())
    times = np.arange(len(measures)) / OUR_FPS
    for column, period in zip(measures.T, (0.7, 1.1, 0.9), strict=True):
        np.testing.assert_allclose(column, wave(times, period), atol=1e-3)


def test_the_same_lips_agree_whatever_their_rest_and_size() -> None:
    scores = TrackedAccumulator()
    scores.add(predicted(), clip_of(scale=2.0))
    found = scores.scores()
    assert min(found.r) > 0.99
    assert found.range == pytest.approx((0.5, 0.5, 0.5), rel=0.03)
    assert (found.clips, found.seconds, found.lag_ms) == (1, SECONDS, 0.0)


def test_one_lag_is_found_and_taken_away() -> None:
    scores = TrackedAccumulator()
    scores.add(predicted(late=0.12), clip_of())
    assert scores.scores().lag_ms == pytest.approx(120.0, abs=10.0)
    assert min(scores.scores().r) > 0.98


def test_lips_that_move_otherwise_do_not_agree() -> None:
    scores, clip = TrackedAccumulator(), clip_of()
    noise = np.random.default_rng(0).standard_normal(clip.lips.shape)
    scores.add(predicted(), TrackedClip("ann", "a", clip.sound, VIDEO_FPS, noise))
    assert max(np.abs(scores.scores().r)) < 0.4


def test_clips_at_different_lags_share_one() -> None:
    scores = TrackedAccumulator()
    scores.add(predicted(late=0.2), clip_of("ann"))
    scores.add(predicted(late=-0.2), clip_of("bob"))
    assert [scores.scores(name).lag_ms for name in ("ann", "bob")] == pytest.approx(
        [200.0, -200.0], abs=10.0
    )
    assert scores.scores().r[0] < 0.9 < scores.scores("ann").r[0]


def test_frames_that_were_not_seen_do_not_count() -> None:
    clip = clip_of()
    spoiled = clip.lips.copy()
    spoiled[::3] = np.nan
    spoiled[:, 1] = np.nan  # never measured
    scores = TrackedAccumulator()
    scores.add(predicted(), TrackedClip("ann", "a", clip.sound, VIDEO_FPS, spoiled))
    found = scores.scores()
    assert found.r[0] > 0.99
    assert np.isnan([found.r[1], found.range[1]]).all()
    assert found.to_json()["width_r"] is None
    assert found.seconds < 0.7 * SECONDS


def test_clips_without_moving_lips_are_left_out() -> None:
    clip, scores = clip_of(), TrackedAccumulator()
    short = np.where(np.arange(len(clip.lips))[:, None] < 5, clip.lips, np.nan)
    for lips in (np.ones_like(clip.lips), short, np.full_like(clip.lips, np.nan), clip.lips[:0]):
        scores.add(predicted(), TrackedClip("ann", "a", clip.sound, VIDEO_FPS, lips))
    assert scores.scores().clips == 0
    assert np.isnan(scores.scores().r).all()


def test_the_table_has_a_row_a_speaker_and_one_for_all() -> None:
    scores = TrackedAccumulator()
    for name in ("ann", "bob", "bob"):
        scores.add(predicted(), clip_of(name))
    rows = [row.split(" | ")[:2] for row in scores.to_markdown().splitlines()]
    assert rows[2:] == [["| ann", "1"], ["| bob", "2"], ["| all", "3"]]
