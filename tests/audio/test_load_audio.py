"""Sound files of every kind, good and bad, through `load_audio`."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.speech.audio import load_audio, resample_audio

RATE = 16000


def tone(rate: int, seconds: float, hertz: float = 440.0) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write(path: Path, samples: NDArray[np.floating], rate: int = RATE, **options: str) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_formats_and_rates_give_the_same_tone(tmp_path: Path, suffix: str, rate: int) -> None:
    samples = load_audio(write(tmp_path / f"tone.{suffix}", tone(rate, 2.0), rate))
    assert samples.dtype == np.float32
    assert abs(len(samples) - 2 * RATE) <= 1
    inner = slice(RATE // 2, RATE)
    expected = tone(RATE, 2.0)
    assert np.abs(samples[inner] - expected[inner]).max() < 0.02  # lossy formats


def test_channels_are_averaged_and_dead_ones_left_out(tmp_path: Path) -> None:
    channels = np.zeros((RATE, 8))
    channels[:, 0] = tone(RATE, 1.0)
    samples = load_audio(write(tmp_path / "eight.wav", channels))
    np.testing.assert_allclose(samples, tone(RATE, 1.0), atol=1e-4)
    channels[:, 5] = tone(RATE, 1.0, hertz=100.0)
    samples = load_audio(write(tmp_path / "eight.wav", channels))
    np.testing.assert_allclose(samples, (channels[:, 0] + channels[:, 5]) / 2, atol=1e-4)


def test_192_khz_keeps_the_tone_and_drops_what_16_khz_cannot_hold(tmp_path: Path) -> None:
    both = tone(192000, 1.0) + tone(192000, 1.0, hertz=50000.0)
    samples = load_audio(write(tmp_path / "high.wav", both / 2, 192000, subtype="FLOAT"))
    inner = slice(RATE // 4, RATE // 2)
    np.testing.assert_allclose(samples[inner], tone(RATE, 1.0)[inner] / 2, atol=2e-3)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_span_is_a_cut_of_the_whole(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE * 30)
    path = write(tmp_path / f"noise.{suffix}", noise)
    whole = load_audio(path)
    for start in np.arange(0.5, 20.0, 1.37):  # mp3 frames depend on those before
        part = load_audio(path, float(start), float(start) + 1.0)
        first = round(start * RATE)
        np.testing.assert_allclose(part, whole[first : first + RATE], atol=1e-5)


def test_a_span_may_end_beyond_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", tone(RATE, 1.0))
    assert len(load_audio(path, 0.25, 99.0)) == round(0.75 * RATE)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (-1.0, None, "start"),
        (float("nan"), None, "start"),
        (1.0, 1.0, "end"),
        (5.0, None, "lasts 1.00 s"),
        (0.0, 1e-6, "no sample"),
    ],
)
def test_impossible_spans(tmp_path: Path, start: float, end: float | None, words: str) -> None:
    path = write(tmp_path / "tone.wav", tone(RATE, 1.0))
    with pytest.raises(UserError, match=words):
        load_audio(path, start, end)


def test_five_samples_are_five_samples(tmp_path: Path) -> None:
    assert len(load_audio(write(tmp_path / "five.wav", np.full(5, 0.1)))) == 5
    assert len(load_audio(write(tmp_path / "five48.wav", np.full(5, 0.1), 48000))) == 2


def test_a_truncated_wav_gives_what_is_there(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.wav", tone(RATE, 2.0)).read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    samples = load_audio(cut)
    assert 0.9 * RATE < len(samples) <= RATE
    np.testing.assert_allclose(samples, tone(RATE, 2.0)[: len(samples)], atol=1e-4)


def _bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    flac = write(folder / "good.flac", np.random.default_rng(1).normal(0, 0.1, RATE)).read_bytes()
    files = {
        "missing": (folder / "missing.wav", "no sound file"),
        "folder": (folder, "is a folder"),
        "empty": (folder / "empty.wav", "is empty"),
        "no samples": (write(folder / "none.wav", np.zeros(0)), "holds no sound"),
        "text": (folder / "text.wav", "cannot be read as sound"),
        "corrupt": (folder / "corrupt.flac", "cannot be read as sound"),
    }
    files["empty"][0].touch()
    files["text"][0].write_text("This is a letter, not a sound.\n" * 50)
    middle = len(flac) // 2
    files["corrupt"][0].write_bytes(flac[:middle] + bytes(2000) + flac[middle + 2000 :])
    for name in ("nan", "inf"):
        spoilt = tone(RATE, 1.0)
        spoilt[700] = float(name)
        files[name] = (write(folder / f"{name}.wav", spoilt, subtype="FLOAT"), "NaN")
    return files


BAD = ["missing", "folder", "empty", "no samples", "text", "corrupt", "nan", "inf"]


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_sentence(tmp_path: Path, kind: str) -> None:
    path, words = _bad_files(tmp_path)[kind]
    with pytest.raises(UserError, match=words) as caught:
        load_audio(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    header=st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"ID3"]),
)
def test_any_bytes_give_samples_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, header: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    path.write_bytes(header + content)
    try:
        samples = load_audio(path)
    except UserError:
        return
    assert samples.ndim == 1
    assert len(samples)


def test_resample_audio_refuses_what_is_no_mono_sound() -> None:
    with pytest.raises(UserError, match="one channel"):
        resample_audio(np.zeros((5, 2)), 48000)
    with pytest.raises(UserError, match="one channel"):
        resample_audio(np.zeros(5), 0.0)
    with pytest.raises(UserError, match="NaN"):
        resample_audio(np.full(5, np.nan), 48000)


def test_resample_audio_keeps_time() -> None:
    samples = resample_audio(tone(44100, 1.0), 44100)
    assert len(samples) == RATE
    np.testing.assert_allclose(samples[2000:-2000], tone(RATE, 1.0)[2000:-2000], atol=1e-3)
