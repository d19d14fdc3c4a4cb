"""Beat constancy and scores by coordinates, against cases told by hand."""

import numpy as np
import pytest

from model_core.evaluation.metrics.beats import beat_constancy, onsets, slow_moments
from model_core.evaluation.metrics.vertex import coordinates
from model_core.speech.audio import SAMPLE_RATE


def test_beats_count_by_how_near_the_next_rest_is() -> None:
    begins, moments = np.array([1.0, 2.0]), np.array([1.0, 2.3])
    assert beat_constancy(begins, moments) == pytest.approx((1 + np.exp(-0.5)) / 2)
    assert beat_constancy(begins, np.zeros(0)) == 0
    assert np.isnan(beat_constancy(np.zeros(0), moments))


def test_a_head_is_slow_where_it_turns_back() -> None:
    fps = 50.0
    at = np.arange(200) / fps
    turned = np.stack([np.cos(np.pi * at), 0 * at, 0 * at], axis=1)  # turns back each second
    np.testing.assert_allclose(slow_moments(turned, fps), [1, 2, 3], atol=1 / fps)


def test_sounds_begin_where_they_begin() -> None:
    samples = 1e-4 * np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE)
    for begin in (0.5, 1.2, 2.1):
        at = np.arange(round(begin * SAMPLE_RATE), round((begin + 0.3) * SAMPLE_RATE))
        samples[at] += 0.3 * np.sin(2 * np.pi * 300 * at / SAMPLE_RATE)
    found = onsets(samples.astype(np.float32))
    assert all(np.abs(found - begin).min() < 0.03 for begin in (0.5, 1.2, 2.1))
    assert len(onsets(np.zeros(100, np.float32))) == 0


def test_the_published_lvd_is_an_error_of_positions() -> None:
    recorded = np.zeros((4, 1, 3), np.float32)
    predicted = recorded + np.float32(2)  # off by a constant: no velocity differs
    found = coordinates(predicted, recorded)
    assert (found.mse, found.lvd, found.velocity_error, found.within_clip) == (4, 2, 0, 0)
    predicted[:, 0, 0] = [0, 1, 2, 3]
    predicted[:, 0, 1:] = 0
    found = coordinates(predicted, recorded)
    printed = np.abs(predicted[1:] - recorded[:-1] - np.diff(recorded, axis=0)).mean()
    assert found.lvd == pytest.approx(printed)
    assert found.velocity_error == pytest.approx(1 / 3)
    assert found.within_clip == pytest.approx(1 / 3)
    assert np.isnan(coordinates(predicted[:1], recorded[:1]).lvd)
