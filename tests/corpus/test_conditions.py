"""Hard conditions: levels, lengths and what is left of the speech."""

import numpy as np
import pytest
from scipy import signal

from model_core.corpus.augmentation import speech_rms
from model_core.corpus.conditions import (
    CONDITIONS,
    babble,
    clip,
    far_room,
    faster,
    harden,
    music,
    not_speech,
)
from model_core.corpus.store import SAMPLE_RATE, Samples
from model_core.speech.phones import Phone


def voice(seed: int, seconds: float = 2.0) -> Samples:
    """Noise that comes and goes as syllables do."""
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    envelope = np.clip(np.sin(np.arange(count) / SAMPLE_RATE * 2 * np.pi * 3), 0, 1)
    return (0.1 * envelope * rng.standard_normal(count)).astype(np.float32)


SPEECH = voice(0)
OTHERS = [voice(seed, 1.0 + 0.5 * seed) for seed in range(1, 4)]


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_keeps_length_and_repeats_itself(name: str) -> None:
    change = CONDITIONS[name].change
    if change is None:
        return
    once, again = (change(SPEECH, OTHERS, np.random.default_rng(3)) for _ in range(2))
    assert once.dtype == np.float32
    assert once.shape == SPEECH.shape
    np.testing.assert_array_equal(once, again)
    assert np.isfinite(once).all()


@pytest.mark.parametrize("db", [20, 10, 5, 0])
def test_noise_is_as_far_below_the_speech_as_the_name_says(db: int) -> None:
    for kind in ("babble", "pink noise"):
        change = CONDITIONS[f"{kind} {db} dB"].change
        assert change is not None
        added = change(SPEECH, OTHERS, np.random.default_rng(0)) - SPEECH
        ratio = 20 * np.log10(speech_rms(SPEECH) / np.sqrt(np.mean(added**2)))
        assert ratio == pytest.approx(db, abs=0.5)


def test_a_crowd_is_of_the_others() -> None:
    silent = [np.zeros(16000, np.float32)]
    np.testing.assert_allclose(babble(SPEECH, silent, np.random.default_rng(0), 0.0), SPEECH)


def test_music_is_in_tune_and_keeps_time() -> None:
    song = music(10 * SAMPLE_RATE, np.random.default_rng(1))
    assert np.sqrt(np.mean(song**2)) == pytest.approx(1.0)
    _, spectrum = signal.welch(song, SAMPLE_RATE, nperseg=8192)
    assert spectrum.max() > 100 * np.median(spectrum)  # lines, not noise
    assert len(music(0, np.random.default_rng(1))) == 0


def test_a_far_room_rings_on_for_about_a_second() -> None:
    click = np.zeros(2 * SAMPLE_RATE, np.float32)
    click[0] = 1.0
    energy = far_room(click, np.random.default_rng(0)).astype(np.float64) ** 2
    left_db = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-12)
    time_60 = 2 * np.flatnonzero(left_db > -30)[-1] / SAMPLE_RATE  # as a decay of 30 dB says
    assert 0.6 < time_60 < 1.3
    assert energy[1:].sum() > energy[0]  # the echoes outweigh the voice


def test_clipping_flattens_peaks_at_full_scale() -> None:
    cut = clip(SPEECH, 15.0)
    assert np.abs(cut).max() == pytest.approx(1.0)
    assert (np.abs(cut) > 0.999).mean() > 0.02
    loudest = np.abs(clip(SPEECH, 0.0)).max()
    assert loudest == pytest.approx(1.0)


def test_faster_speech_is_shorter_with_its_phones() -> None:
    played, phones = faster(SPEECH, [Phone("a", 0.5, 1.0)], 1.25)
    assert len(played) == pytest.approx(len(SPEECH) / 1.25, abs=2)
    assert phones == [Phone("a", 0.4, 0.8)]
    same, unmoved = faster(SPEECH, phones, 1.0)
    np.testing.assert_array_equal(same, SPEECH)
    assert unmoved == phones


def test_drawn_conditions_differ_and_keep_length() -> None:
    heard = [harden(SPEECH, OTHERS, np.random.default_rng(seed)) for seed in range(20)]
    assert all(sound.shape == SPEECH.shape and np.isfinite(sound).all() for sound in heard)
    assert len({sound.tobytes() for sound in heard}) == 20
    quiet = [not_speech(4000, np.random.default_rng(seed)) for seed in range(20)]
    assert any(not sound.any() for sound in quiet)
    assert all(len(sound) == 4000 and np.abs(sound).max() < 2.0 for sound in quiet)
