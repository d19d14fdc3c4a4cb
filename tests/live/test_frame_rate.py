"""Live frames at another rate: times are kept, closures too, and chunks do not show."""

import numpy as np
import pytest

from model_core.live.frame_rate import LiveFrameRate
from model_core.live.timings import Timings

OPENING = np.array([10.0], np.float32)  # mm a unit


def told(frames: np.ndarray, fps: float, size: int, seconds: float) -> np.ndarray:
    rate = LiveFrameRate(60.0, fps, OPENING)
    parts = [rate.take(frames[at : at + size]) for at in range(0, len(frames), size)]
    return np.concatenate([*parts, rate.end(seconds)])


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 48.0, 60.0, 120.0])
def test_frames_are_at_their_times(fps: float) -> None:
    ramp = (1.0 + np.arange(120, dtype=np.float32) / 60.0)[:, None]
    new = told(ramp, fps, 5, 2.0)
    assert len(new) == round(2.0 * fps)
    at = np.minimum(np.arange(len(new)) / fps, 119 / 60)  # the last one holds
    np.testing.assert_allclose(new[:, 0], 1.0 + at, atol=1e-5)
    np.testing.assert_allclose(new, told(ramp, fps, 1, 2.0), atol=1e-6)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0])
def test_a_closure_of_one_frame_is_shown(fps: float) -> None:
    for closed in range(10, 20):
        frames = np.ones((60, 1), np.float32)
        frames[closed] = 0.0
        new = told(frames, fps, 4, 1.0)[:, 0]
        assert new.min() * OPENING[0] < 0.8
        late = new.argmin() / fps - closed / 60.0
        assert -1 / 60 <= late < 1 / fps + 1e-6


def test_waiting_for_whole_frames_is_told() -> None:
    assert LiveFrameRate(60.0, 30.0, OPENING).waits == 0.0
    assert LiveFrameRate(60.0, 60.0, OPENING).waits == 0.0
    assert 0.0 < LiveFrameRate(60.0, 25.0, OPENING).waits < 1 / 60


def test_computing_without_frames_counts_with_the_next_ones() -> None:
    timings = Timings()
    for seconds, frames in ((0.001, 0), (0.001, 0), (0.002, 2)):
        timings.add(seconds, frames)
    assert timings.milliseconds(50) == pytest.approx(2.0)
    assert (timings.frames, timings.seconds) == (2, pytest.approx(0.004))
