"""What makes a model hear another thing than an artist does is mended, and said."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.speech.audio import SAMPLE_RATE, Sound, load_audio, read_sound, sound_of_samples

RATE = SAMPLE_RATE
NOISE = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)


def heard(folder: Path, samples: NDArray[np.floating], subtype: str = "DOUBLE") -> Sound:
    path = folder / "sound.wav"
    soundfile.write(path, samples, RATE, subtype)
    return read_sound(path)


@pytest.mark.parametrize("bits", [7, 15, 23, 31])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_integers_kept_as_floats_are_scaled(tmp_path: Path, bits: int, subtype: str) -> None:
    speech = NOISE / np.abs(NOISE).max()
    sound = heard(tmp_path, np.round(speech * (2**bits - 1)), subtype)
    np.testing.assert_allclose(sound.samples, speech, atol=1.5 * 2.0**-bits + 1e-6)
    (note,) = sound.notes
    assert f"whole numbers up to 2^{bits} as floating point" in note


def test_unsigned_bytes_kept_as_floats_are_centred_too(tmp_path: Path) -> None:
    speech = NOISE / np.abs(NOISE).max()
    sound = heard(tmp_path, np.round(128 + 127 * speech))
    assert np.corrcoef(sound.samples, speech)[0, 1] > 0.999
    assert abs(sound.samples.mean()) < 1e-3
    assert 0.9 < np.abs(sound.samples).max() < 1.1
    assert len(sound.notes) == 1


@pytest.mark.parametrize("peak", [0.01, 1.0, 1.4, 5.0])
def test_a_hot_or_quiet_mix_is_left_as_it_is(tmp_path: Path, peak: float) -> None:
    mix = NOISE / np.abs(NOISE).max() * peak
    sound = heard(tmp_path, mix, "FLOAT")
    np.testing.assert_allclose(sound.samples, mix, atol=1e-6)
    assert sound.notes == ()


def test_one_wild_value_does_not_make_the_rest_silent(tmp_path: Path) -> None:
    wild = NOISE.copy()
    wild[1000] = 3e5
    sound = heard(tmp_path, wild)
    wild[1000] = 1.0
    np.testing.assert_allclose(sound.samples, wild, atol=1e-4)
    assert "clipped" in sound.notes[0]


def test_what_no_integer_holds_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sound"):
        heard(tmp_path, NOISE * 1e30)


@pytest.mark.parametrize("gain", [1.0, 0.9, 0.4])
def test_channels_that_cancel_are_not_added(tmp_path: Path, gain: float) -> None:
    sound = heard(tmp_path, np.stack([NOISE, -gain * NOISE], axis=1))
    np.testing.assert_allclose(sound.samples, NOISE, atol=1e-6)
    (note,) = sound.notes
    assert note.endswith("cancel each other; only the louder one was heard.")


def test_channels_that_cancel_for_a_while(tmp_path: Path) -> None:
    sign = np.where(np.arange(len(NOISE)) < 2 * RATE, 1.0, -1.0)
    sound = heard(tmp_path, np.stack([NOISE, sign * NOISE], axis=1))
    np.testing.assert_allclose(sound.samples[: RATE * 3 // 2], NOISE[: RATE * 3 // 2], atol=1e-6)
    np.testing.assert_allclose(sound.samples[RATE * 5 // 2 :], NOISE[RATE * 5 // 2 :], atol=1e-6)
    assert sound.samples[RATE * 3 // 2 : RATE * 5 // 2].std() > 0.03  # and no hole between
    (note,) = sound.notes
    assert "(between 2.0 s and 4.0 s)" in note
    late = read_sound(tmp_path / "sound.wav", 1.0)  # told in the file's own seconds
    assert "(between 2.0 s and 4.0 s)" in late.notes[0]


def test_speakers_on_both_sides_are_both_heard(tmp_path: Path) -> None:
    other = np.random.default_rng(1).normal(0, 0.1, len(NOISE))
    sound = heard(tmp_path, np.stack([NOISE, other], axis=1))
    np.testing.assert_allclose(sound.samples, (NOISE + other) / 2, atol=1e-6)
    assert sound.notes == ()


@pytest.mark.parametrize("alive", [0, 1])
def test_a_dead_channel_takes_no_level_away(tmp_path: Path, alive: int) -> None:
    channels = np.zeros((len(NOISE), 2))
    channels[:, alive] = NOISE
    np.testing.assert_allclose(heard(tmp_path, channels).samples, NOISE, atol=1e-6)


def test_a_voice_in_the_centre_of_surround_sound(tmp_path: Path) -> None:
    channels = np.zeros((len(NOISE), 6))
    channels[:, 2] = NOISE
    np.testing.assert_allclose(heard(tmp_path, channels).samples, NOISE, atol=1e-6)


@pytest.mark.parametrize("offset", [0.3, -0.05])
def test_an_offset_nobody_hears_is_taken_out(tmp_path: Path, offset: float) -> None:
    sound = heard(tmp_path, NOISE + offset, "PCM_24")
    np.testing.assert_allclose(sound.samples, NOISE - NOISE.mean(), atol=1e-4)


def test_an_offset_of_one_channel_does_not_hide_that_they_cancel(tmp_path: Path) -> None:
    sound = heard(tmp_path, np.stack([NOISE + 0.3, 0.3 - NOISE], axis=1))
    assert abs(np.corrcoef(sound.samples, NOISE)[0, 1]) > 0.999


def test_decoded_samples_are_mended_as_files_are() -> None:
    cancelling = np.stack([NOISE, -NOISE], axis=1).astype(np.float32)
    sound = sound_of_samples(cancelling, RATE)
    np.testing.assert_allclose(sound.samples, NOISE, atol=1e-6)
    assert sound.notes[0].startswith("The channels of The sound cancel")
    integers = np.round(NOISE * 32767).astype(np.int16)
    np.testing.assert_allclose(sound_of_samples(integers, RATE).samples, NOISE, atol=1e-4)
    for wrong in (np.zeros((2, 2, 2)), np.zeros(0), np.array(["a"]), np.zeros((3, 0))):
        with pytest.raises(UserError, match="one channel or more"):
            sound_of_samples(wrong, RATE)


def test_a_long_file_of_many_channels_costs_little_memory(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("needs Linux's count of kilobytes")
    import resource

    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 48000, 8, "PCM_16") as file:
        for _ in range(120):
            file.write(np.full((48000, 8), 0.1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(load_audio(path)) == 120 * RATE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 80_000  # kB; the file holds 92 MB, as floats 184
