"""Encoder features and log energies at the model's frame rate."""

from collections.abc import Iterator
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.units import frame_count
from model_core.encoding.features import (
    BANDS,
    band_levels,
    feature_stream,
    speech_features,
)
from model_core.encoding.loudness import ClipLoudness, loud_power
from model_core.encoding.registry import bundled_encoder
from model_core.encoding.speech_encoder import SpeechEncoder
from model_core.encoding.whisper.encoder import WhisperEncoder

Samples = NDArray[np.float32]


class Clock(SpeechEncoder):
    """An encoder whose only feature is the time each of its frames stands at."""

    channels = 1

    def __init__(self, delay: float, block: int) -> None:
        self.delay, self.block = delay, block

    def blocks(self, samples: Samples) -> Iterator[NDArray[np.float32]]:
        times = np.arange(-(-len(samples) // 320)) / self.rate + self.delay
        for first in range(0, len(times), self.block):
            yield times[first : first + self.block, None].astype(np.float32)


@pytest.mark.parametrize("fps", [24.0, 29.97, 50.0, 60.0, 120.0])
@pytest.mark.parametrize(("delay", "block"), [(0.0, 1000), (0.0125, 1), (0.0125, 7)])
def test_a_frame_stands_at_its_own_time(fps: float, delay: float, block: int) -> None:
    features = speech_features(np.zeros(32000, np.float32), Clock(delay, block), fps)
    assert len(features) == round(2.0 * fps)
    times = np.arange(len(features)) / fps
    inside = (times >= delay) & (times <= 1.98)
    np.testing.assert_allclose(features[inside, 0], times[inside], atol=1e-5)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (5, 1), (16000, 60), (16500, 62)])
def test_frame_count(samples: int, frames: int) -> None:
    assert frame_count(samples / 16000, 60.0) == frames
    features = speech_features(np.zeros(samples, np.float32), bundled_encoder(), 60.0)
    assert features.shape == (frames, bundled_encoder().channels + BANDS)
    assert np.isfinite(features).all()


def test_blocks_do_not_show(speech: Samples) -> None:
    whole = speech_features(speech, bundled_encoder(), 60.0)
    encoder, loudness = WhisperEncoder(block_seconds=2.7), ClipLoudness(speech)
    blocks = list(feature_stream([speech], encoder, 60.0, loudness, inf))
    assert len(blocks) > 5
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-4)


def tone(hertz: float, level: float, seconds: float = 2.0) -> Samples:
    times = np.arange(round(16000 * seconds)) / 16000
    return (level * np.sqrt(2) * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


@pytest.mark.parametrize(("hertz", "band"), [(200, 0), (900, 1), (2500, 2), (6000, 3)])
def test_a_tone_shows_in_its_band_at_its_level(hertz: float, band: int) -> None:
    sound = tone(hertz, 0.1)
    levels = band_levels(sound, 60.0, 10, 100, loud_power(sound))
    np.testing.assert_allclose(levels[:, band], 0.0, atol=0.05)  # the loud level itself
    assert (np.delete(levels, band, axis=1) < -2.0).all()


def test_levels_do_not_depend_on_the_recording_level_or_on_pauses(speech: Samples) -> None:
    def levels(sound: Samples) -> NDArray[np.float32]:
        return band_levels(sound, 60.0, 0, 600, loud_power(sound))

    plain = levels(speech)
    np.testing.assert_allclose(levels(speech * np.float32(0.05)), plain, atol=1e-3)
    room = np.random.default_rng(0).normal(0, 2e-4, 16000 * 180).astype(np.float32)
    np.testing.assert_allclose(levels(np.concatenate([speech, room])), plain, atol=0.1)  # 1 dB


def test_silence_is_at_the_floor() -> None:
    silence = np.zeros(16000, np.float32)
    assert (band_levels(silence, 60.0, 0, 60, loud_power(silence)) == -6.0).all()
    hiss = np.random.default_rng(0).normal(0, 1e-5, 16000).astype(np.float32)
    assert (band_levels(hiss, 60.0, 0, 60, loud_power(hiss)) < -3.5).all()
