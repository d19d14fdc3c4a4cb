"""Files whose headers tell another length than they have: all that is there is heard."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model_core.base.errors import UndecodableError, UserError
from model_core.speech.audio import load_audio, read_sound
from model_core.speech.sound.mpeg import find_streams

RATE = 16000
UNKNOWN = 0xFFFFFFFF
DELAY = 1105  # samples by which LAME and a decoder are late, where no info frame tells


def chirp(rate: int = RATE, seconds: float = 2.0, top: float = 1500.0) -> NDArray[np.float64]:
    """A tone that rises, so that any moment can be told from any other."""
    time = np.arange(round(rate * seconds)) / rate
    return 0.5 * np.sin(2 * np.pi * (200 * time + (top - 200) * time**2 / (2 * seconds)))


def likeness(heard: NDArray[np.floating], wanted: NDArray[np.floating]) -> float:
    """Correlation; a sample too late costs a twentieth of it."""
    return float(heard @ wanted / np.sqrt((heard @ heard) * (wanted @ wanted)))


def encoded(
    samples: NDArray[np.floating],
    format_: str,
    subtype: str | None = None,
    rate: int = RATE,
    **more: object,
) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype, format=format_, **more)
    return file.getvalue()


def patched(content: bytes, mark: bytes, skip: int, form: str, *values: int) -> bytes:
    """Overwrite numbers some bytes behind a mark."""
    at = content.index(mark) + skip
    return content[:at] + struct.pack(form, *values) + content[at + struct.calcsize(form) :]


def wav(size: int, samples: NDArray[np.floating] | None = None, **more: object) -> bytes:
    """A WAV whose header tells a size."""
    content = encoded(chirp() if samples is None else samples, "WAV", "PCM_16", **more)  # type: ignore[arg-type]
    content = patched(content, b"RIFF", 4, "<I", size and (size + 36) % (1 << 32))
    return patched(content, b"data", 4, "<I", size)


def mp3(samples: NDArray[np.floating] | None = None, rate: int = RATE) -> bytes:
    sound = chirp(rate) if samples is None else samples
    return encoded(sound, "MP3", rate=rate, bitrate_mode="VARIABLE", compression_level=0.9)


def without_info(content: bytes) -> bytes:
    """An mp3 as `-write_xing 0` writes it: nothing tells its length."""
    first = find_streams(io.BytesIO(content), 0, len(content))[0].offsets[0]
    assert b"Xing" in content[:first] or b"Info" in content[:first]
    return content[first:]


def flac(total: int | None = None, samples: NDArray[np.floating] | None = None) -> bytes:
    """A FLAC whose header tells a number of samples."""
    content = encoded(chirp() if samples is None else samples, "FLAC", "PCM_16")
    if total is None:
        return content
    packed = int.from_bytes(content[18:26], "big")
    packed = packed >> 36 << 36 | total
    return content[:18] + packed.to_bytes(8, "big") + content[26:]


def w64(size: int) -> bytes:
    content = encoded(chirp(), "W64", "PCM_16")
    return patched(content, b"data\xf3\xac\xd3\x11", 16, "<q", size)


def rf64(size: int) -> bytes:
    return patched(encoded(chirp(), "RF64", "PCM_16"), b"ds64", 16, "<q", size)


def aiff(frames: int, size: int) -> bytes:
    content = patched(encoded(chirp(), "AIFF", "PCM_16"), b"COMM", 10, ">I", frames)
    return patched(content, b"SSND", 4, ">I", size)


def caf(size: int) -> bytes:
    content = encoded(chirp(), "CAF", "PCM_16")
    return patched(content, b"data", 4, ">q", size)


def au(size: int) -> bytes:
    return patched(encoded(chirp(), "AU", "PCM_16"), b".snd", 8, ">I", size)


WHOLE = 4 * RATE  # bytes of two seconds
ID3 = b"ID3\x04\0\0\0\0\x10\0" + bytes(2048)

SAME: dict[str, Callable[[], bytes]] = {
    "wav 0": lambda: wav(0),
    "wav unknown": lambda: wav(UNKNOWN),
    "wav 2 GiB": lambda: wav(0x7FFFFFFF - 36),
    "wav, its end found early": lambda: wav(RATE),
    "wav behind an ID3 tag": lambda: ID3 + wav(0),
    "wav of ADPCM, unknown": lambda: patched(
        encoded(chirp(), "WAV", "MS_ADPCM"), b"data", 4, "<I", UNKNOWN
    ),
    "big-endian wav": lambda: patched(
        encoded(chirp(), "WAV", "PCM_16", endian="BIG"), b"data", 4, ">I", 0
    ),
    "rf64 0": lambda: rf64(0),
    "rf64 -1": lambda: rf64(-1),
    "w64 0": lambda: w64(0),
    "w64 unknown": lambda: w64((1 << 63) - 1),
    "aiff all 0": lambda: aiff(0, 0),
    "aiff frames 0": lambda: aiff(0, WHOLE + 8),
    "aiff size unknown": lambda: aiff(0, UNKNOWN),
    "caf -1": lambda: caf(-1),
    "caf 0": lambda: caf(0),
    "au -1": lambda: au(UNKNOWN),
    "au 0": lambda: au(0),
    "au early": lambda: au(RATE),
    "flac 0": lambda: flac(0),
    "flac early": lambda: flac(RATE // 2),
    "flac late": lambda: flac(9 * RATE),
    "ADPCM": lambda: encoded(chirp(), "WAV", "IMA_ADPCM"),
}


@pytest.mark.parametrize("name", SAME)
def test_a_header_that_lies_takes_nothing_away(tmp_path: Path, name: str) -> None:
    path = tmp_path / "sound"
    path.write_bytes(SAME[name]())
    samples = load_audio(path)
    assert 2 * RATE <= len(samples) <= 2.1 * RATE  # ADPCM fills its last block
    assert likeness(samples[: 2 * RATE], chirp()) > (0.99 if "ADPCM" in name else 0.99999)
    part = load_audio(path, 1.5, 1.75)
    np.testing.assert_allclose(part, samples[RATE * 3 // 2 : RATE * 7 // 4], atol=1e-6)


@pytest.mark.parametrize("suffix", ["wav", "aiff", "flac", "mp3"])
def test_a_length_that_is_mended_without_a_doubt_needs_no_note(tmp_path: Path, suffix: str) -> None:
    contents = {"wav": wav(0), "aiff": aiff(0, 0), "flac": flac(0), "mp3": without_info(mp3())}
    path = tmp_path / f"sound.{suffix}"
    path.write_bytes(contents[suffix])
    assert read_sound(path).notes == ()


@pytest.mark.parametrize("rate", [16000, 44100])
def test_an_mp3_without_an_info_frame_is_heard_to_its_end(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes(without_info(mp3(rate=rate)))
    samples = load_audio(path)
    late = round(DELAY * RATE / rate)  # as every player plays it
    assert len(samples) >= 2 * RATE + late
    middle = slice(RATE // 2, 3 * RATE // 2)
    assert likeness(samples[late:][middle], chirp()[middle]) > 0.98
    assert likeness(load_audio(path, 1.25, 1.5), samples[20000:24000]) > 0.9999


def test_an_mp3_that_tells_its_gaps_is_in_time(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes(ID3 * 2 + bytes(300) + mp3() + b"TAG".ljust(128, b"\0"))
    samples = load_audio(path)
    assert abs(len(samples) - 2 * RATE) <= 1
    assert likeness(samples[2000:-2000], chirp()[2000 : len(samples) - 2000]) > 0.98


def test_an_mp3_within_a_wav_is_heard_to_its_end(tmp_path: Path) -> None:
    content = without_info(mp3())
    head = struct.pack("<HHIIHHH", 0x55, 1, RATE, 2000, 1, 0, 12) + bytes(12)
    chunks = b"fmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(content)) + content
    path = tmp_path / "sound.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert len(load_audio(path)) >= 2 * RATE + DELAY


JOINED = {
    "wav": lambda: (wav(WHOLE), wav(WHOLE, chirp(8000), rate=8000)),
    "streamed wav": lambda: (wav(UNKNOWN), wav(UNKNOWN)),
    "flac": lambda: (flac(), flac(0)),
    "au": lambda: (au(WHOLE), au(UNKNOWN)),
    "vorbis": lambda: (encoded(chirp(), "OGG", "VORBIS"),) * 2,
    "vorbis and opus": lambda: (encoded(chirp(), "OGG", "VORBIS"), encoded(chirp(), "OGG", "OPUS")),
    "mp3 of two rates": lambda: (mp3(), mp3(rate=44100)),
}


@pytest.mark.parametrize("name", JOINED)
def test_joined_files_are_heard_one_after_the_other(tmp_path: Path, name: str) -> None:
    path = tmp_path / "sound"
    path.write_bytes(b"".join(JOINED[name]()))
    samples = load_audio(path)
    assert abs(len(samples) - 4 * RATE) <= 2
    middle = slice(RATE // 2, 3 * RATE // 2)
    for part in (samples[: 2 * RATE], samples[2 * RATE :]):
        assert likeness(part[middle], chirp()[middle]) > 0.98
    across = load_audio(path, 1.5, 2.5)
    assert likeness(across, samples[RATE * 3 // 2 : RATE * 5 // 2]) > 0.999


@pytest.mark.parametrize("known", [True, False])
def test_joined_mp3s_are_heard_to_the_end(tmp_path: Path, known: bool) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes((mp3() if known else without_info(mp3())) * 2)
    samples = load_audio(path)
    assert 4 * RATE <= len(samples) <= 4.3 * RATE  # players play the gaps between them
    alone = len(load_audio(path, 0.0, 2.0))
    assert alone == 2 * RATE
    strength = np.abs(samples[-RATE - 3000 : -3000])
    assert strength.mean() > 0.2  # the second is there, not zeros


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("joined", "holds several sounds"),
        ("early", "goes on after the end"),
        ("cut wav", r"cut short: 1\.00 s"),
        ("cut mp3", "cut short"),
        ("cut flac", "cut short"),
    ],
)
def test_what_others_play_otherwise_is_said(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / "sound"
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE)
    long = {"cut mp3": mp3(noise), "cut flac": flac(samples=noise)}.get(name, b"")
    path.write_bytes(
        {
            "joined": wav(WHOLE) * 2,
            "early": wav(RATE),
            "cut wav": wav(WHOLE)[: 44 + WHOLE // 2],
        }.get(name, long[: len(long) // 2])
    )
    (note,) = read_sound(path).notes
    assert words.replace("\\", "") in note
    assert note.startswith(str(path))
    assert read_sound(path, 0.0, 0.25).notes in ((), (note,) if "cut" not in name else ())


def test_half_a_file_is_half_the_sound(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE)
    for name, content in {"mp3": mp3(noise), "flac": flac(samples=noise)}.items():
        path = tmp_path / f"half.{name}"
        path.write_bytes(content[: len(content) // 2])
        samples = load_audio(path)
        assert 4.5 * RATE < len(samples) < 5.5 * RATE, name
        if name == "flac":
            np.testing.assert_allclose(samples, noise[: len(samples)], atol=1e-4)


def test_chunks_behind_the_samples_are_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "tagged.wav"
    for tail in (
        b"LIST" + struct.pack("<I", 6000) + bytes(range(250)) * 24,
        b"id3 " + struct.pack("<I", 9000) + bytes(9000),
        b"TAG" + b"x" * 5000,
        bytes(8000),
        b"xyz",
    ):
        path.write_bytes(wav(WHOLE) + tail)
        assert (len(load_audio(path)), read_sound(path).notes) == (2 * RATE, ())


def test_an_empty_wav_with_other_chunks_holds_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    path.write_bytes(wav(0, np.zeros(0)) + b"LIST" + struct.pack("<I", 4) + b"INFO")
    with pytest.raises(UserError, match="holds no sound"):
        load_audio(path)


@pytest.mark.parametrize("name", ["take.mp3", "take.raw", "take.sd2", "take", "take.mp4"])
def test_the_content_counts_not_the_name(tmp_path: Path, name: str) -> None:
    for content in (wav(WHOLE), mp3(), encoded(chirp(), "OGG", "VORBIS"), flac()):
        (tmp_path / name).write_bytes(content)
        assert abs(len(load_audio(tmp_path / name)) - 2 * RATE) <= 1


def test_gsm_cannot_seek_and_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "telephone.wav"
    path.write_bytes(encoded(chirp(8000, 60.0), "WAV", "GSM610", 8000))
    whole = load_audio(path)
    assert 60 * RATE <= len(whole) < 60.1 * RATE
    assert likeness(load_audio(path, 30.0, 31.0), whole[30 * RATE : 31 * RATE]) > 0.99


@pytest.mark.parametrize("codec", ["aac", "flac", "g722", "adts"])
def test_what_libsndfile_cannot_decode_names_what_does(tmp_path: Path, codec: str) -> None:
    if not shutil.which("ffmpeg"):
        pytest.skip("needs ffmpeg")
    source, path = tmp_path / "source.wav", tmp_path / "odd.wav"
    source.write_bytes(wav(WHOLE))
    options = ["-f", "adts"] if codec == "adts" else ["-c:a", codec, "-f", "wav"]
    command = ["ffmpeg", "-loglevel", "error", "-i", source, *options, path]
    subprocess.run(command, check=True)
    with pytest.raises(UndecodableError, match="Blender") as caught:
        load_audio(path)
    assert caught.value.code == "undecodable"
    assert str(path) in str(caught.value)
