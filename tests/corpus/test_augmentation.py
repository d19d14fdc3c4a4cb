from itertools import pairwise

import numpy as np
import pytest

from model_core.corpus import augmentation
from model_core.corpus.store import SAMPLE_RATE
from model_core.speech.phones import Phone

TONE = 1000.0


def _spoken() -> tuple[np.ndarray, list[Phone]]:
    """A tone for the vowel, digital silence for the pauses, exactly as its phones say."""
    phones = [
        Phone("_", 0.0, 0.2),
        Phone("A:", 0.2, 0.6, 1),
        Phone("_", 0.6, 1.0),
        Phone("i:", 1.0, 1.5),
        Phone("_", 1.5, 2.0),
    ]
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    voiced = ((times >= 0.2) & (times < 0.6)) | ((times >= 1.0) & (times < 1.5))
    return (0.3 * voiced * np.sin(2 * np.pi * TONE * times)).astype(np.float32), phones


def _level(samples: np.ndarray, phone: Phone, margin: float = 0.02) -> float:
    first = round((phone.start + margin) * SAMPLE_RATE)
    last = round((phone.end - margin) * SAMPLE_RATE)
    return float(np.sqrt(np.mean(np.square(samples[first:last]))))


def _contiguous(phones: list[Phone]) -> bool:
    return all(a.end == pytest.approx(b.start) for a, b in pairwise(phones))


@pytest.mark.parametrize("seed", range(6))
def test_timing_keeps_phones_on_their_sound(seed: int) -> None:
    samples, phones = augmentation.vary_timing(*_spoken(), np.random.default_rng(seed))
    assert phones[0].start == 0.0
    assert phones[-1].end == pytest.approx(len(samples) / SAMPLE_RATE, abs=1e-3)
    assert _contiguous(phones)
    assert [p.symbol for p in phones] == ["_", "A:", "_", "i:", "_"]
    assert [p.stress for p in phones] == [0, 1, 0, 0, 0]
    for phone in phones:
        silent = phone.symbol == "_"
        assert (_level(samples, phone) < 1e-3) == silent


@pytest.mark.parametrize("seed", range(6))
def test_acoustics_keep_the_length_and_the_order_of_loudness(seed: int) -> None:
    samples, phones = _spoken()
    varied = augmentation.vary_acoustics(samples, phones, np.random.default_rng(seed))
    assert varied.shape == samples.shape
    assert varied.dtype == np.float32
    assert np.isfinite(varied).all()
    assert np.abs(varied).max() <= 1.0
    assert _level(varied, phones[1]) > 1.5 * _level(varied, phones[0])
    assert _level(varied, phones[0]) > 0.0


def test_the_seed_decides() -> None:
    def once(seed: int) -> tuple[np.ndarray, list[Phone]]:
        rng = np.random.default_rng(seed)
        samples, phones = augmentation.vary_timing(*_spoken(), rng)
        return augmentation.vary_acoustics(samples, phones, rng), phones

    first, again, other = once(3), once(3), once(4)
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert len(first[0]) != len(other[0])


def test_inserted_silence_moves_what_follows() -> None:
    samples, phones = augmentation.insert_silence(*_spoken(), 0.8, 0.5)
    assert phones[2] == Phone("_", 0.6, 1.5)
    assert phones[3].start == pytest.approx(1.5)
    assert len(samples) == round(2.5 * SAMPLE_RATE)


def test_speed_moves_pitch_with_time() -> None:
    samples, phones = augmentation.perturb_speed(*_spoken(), np.random.default_rng(1))
    factor = 2.0 * SAMPLE_RATE / len(samples)
    assert 0.88 <= factor <= 1.14
    vowel = phones[3]
    sound = samples[round((vowel.start + 0.05) * SAMPLE_RATE) :][: SAMPLE_RATE // 4]
    peak = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() * SAMPLE_RATE / len(sound)
    assert peak == pytest.approx(TONE * factor, abs=8.0)


@pytest.mark.parametrize("seed", range(4))
def test_a_room_keeps_the_direct_sound_in_time(seed: int) -> None:
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[4000] = 1.0
    heard = augmentation.reverberate(click, np.random.default_rng(seed))
    assert heard[4000] == pytest.approx(1.0, abs=1e-4)
    assert np.abs(heard[:4000]).max() < 1e-4
    assert np.square(heard[4001:]).sum() > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_noise_lies_12_to_40_db_below_speech(seed: int) -> None:
    samples = np.sin(np.arange(4 * SAMPLE_RATE) * 0.3).astype(np.float32)
    noise = augmentation.add_noise(samples, np.random.default_rng(seed)) - samples
    assert 10.0 < 20.0 * np.log10(np.std(samples) / np.std(noise)) < 42.0


def test_telephones_lose_the_bass_and_the_treble() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(4 * SAMPLE_RATE).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(augmentation.limit_band(noise, rng))))
    frequencies = np.fft.rfftfreq(len(noise), 1.0 / SAMPLE_RATE)
    middle = power[(frequencies > 800) & (frequencies < 2500)].mean()
    assert power[frequencies < 30].mean() < 0.05 * middle
    assert power[frequencies > 7600].mean() < 0.05 * middle


def test_redder_noise_has_more_bass() -> None:
    rng = np.random.default_rng(0)
    white, red = (augmentation.coloured_noise(SAMPLE_RATE, e, rng) for e in (0.0, 2.0))
    share = [np.square(np.abs(np.fft.rfft(n)))[:500].sum() / (n.size**2 / 2) for n in (white, red)]
    assert share[0] == pytest.approx(500 / 8000, abs=0.01)
    assert share[1] > 0.8


def test_silence_survives() -> None:
    silence = np.zeros(SAMPLE_RATE, np.float32)
    phones = [Phone("_", 0.0, 1.0)]
    varied = augmentation.vary_acoustics(silence, phones, np.random.default_rng(0))
    assert np.isfinite(varied).all()
