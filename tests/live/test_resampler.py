"""A device's sound at 16 kHz: as a whole resampling has it, whatever the blocks, and soon."""

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from model_core.live.resampler import LiveResampler

RATES = (16000, 22050, 44100, 48000, 96000)


@pytest.mark.parametrize("rate", RATES)
def test_blocks_give_what_the_whole_gives(rate: int, speech: NDArray[np.float32]) -> None:
    sound = soxr.resample(speech, 16000, rate, quality="VHQ").astype(np.float32)
    resample, parts, heard, late = LiveResampler(rate), [], 0, 0.0
    for size in np.random.default_rng(1).integers(1, 900, len(sound) // 300):
        block = sound[heard : heard + int(size)]
        heard += len(block)
        parts.append(resample(block))
        late = max(late, heard / rate - sum(map(len, parts)) / 16000)
    told = np.concatenate(parts)
    assert 0 < late < 0.0022  # s
    np.testing.assert_array_equal(told, LiveResampler(rate)(sound)[: len(told)])
    whole = soxr.resample(sound, rate, 16000, quality="HQ")[: len(told)]
    assert np.sqrt(np.mean((told - whole) ** 2)) < 1e-3 * np.sqrt(np.mean(whole**2))


def test_hours_later_it_is_the_same() -> None:
    tone = np.sin(np.arange(4410) / 20).astype(np.float32)
    fresh, late = LiveResampler(44100), LiveResampler(44100)
    hours = 10 * 3600
    late._first += 44100 * hours
    late._told += 16000 * hours
    for block in np.split(tone, 7):
        np.testing.assert_array_equal(late(block), fresh(block))


@pytest.mark.parametrize(("hertz", "least", "most"), [(1000, 0.999, 1.001), (9000, 0.0, 0.001)])
def test_what_is_too_high_is_left_out(hertz: int, least: float, most: float) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(44100) / 44100).astype(np.float32)
    inside = LiveResampler(44100)(tone)[200:-200]
    assert least <= np.sqrt(2.0) * inside.std() <= most
