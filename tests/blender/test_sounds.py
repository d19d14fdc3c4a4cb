"""Sound the worker cannot decode is decoded by Blender: the right part of it, whatever its name."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker, needs_sound

from model_core.rig.rig import load_face_rig

RATE, SECONDS = 48000, 20
SLOWEST, FASTEST = 200.0, 1200.0  # Hz of a sweep that tells the time
SPEECH = Path(__file__).resolve().parents[2] / "model_core" / "assets" / "demo_speech.flac"
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
FORMATS = {
    "aac.wav": "-c:a aac -f adts",
    "line.m4a": "-c:a aac",
    "opus.mka": "-c:a libopus",
    "ac3.mp3": "-c:a ac3 -f ac3",
    "movie.mp4": "-f lavfi -i testsrc=r=24:s=64x64 -c:v mpeg4 -c:a aac -shortest",
    "movie.mkv": "-f lavfi -i testsrc=r=24:s=64x64 -c:v mpeg4 -c:a mp3 -shortest",
    "wma.ogg": "-c:a wmav2 -f asf",
}


def encode(source: Path, target: Path, options: str) -> Path:
    """Return a sound encoded by ffmpeg."""
    command = ["ffmpeg", "-loglevel", "error", "-y", "-i", source, *options.split(), target]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.skip(f"this ffmpeg cannot: {done.stderr.strip()}")
    return target


def write_sweep(path: Path) -> Path:
    """Write stereo sound whose pitch tells the time; its right channel is half as loud."""
    times = np.arange(SECONDS * RATE) / RATE
    slope = (FASTEST - SLOWEST) / SECONDS
    sweep = 0.4 * np.sin(2 * np.pi * (SLOWEST * times + slope / 2 * times**2))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        both = np.column_stack([sweep, sweep / 2]) * 32767
        sound.writeframes(both.astype("<i2").tobytes())
    return path


def time_of(samples: np.ndarray) -> float:
    """Return the second at which the sweep in (N,) samples starts."""
    part = samples[: RATE // 5]
    rises = np.flatnonzero((part[1:] > 0) & (part[:-1] <= 0))
    pitch = (len(rises) - 1) / ((rises[-1] - rises[0]) / RATE)
    middle = (rises[0] + rises[-1]) / 2 / RATE
    return float((pitch - SLOWEST) / (FASTEST - SLOWEST) * SECONDS - middle)


def decode(addon: Addon, file: Path, tmp_path: Path, start: float, end: float | None) -> np.ndarray:
    """Return what Blender decodes of a part of a file."""
    samples, source = addon("sound.samples"), addon("sound.source")
    span = source.AudibleSpan(file.stem, file, None, start, end, 1, None, 30.0, 30.0)
    request = samples.by_blender(span, file, tmp_path)
    assert request["rate"] == RATE
    return np.load(request["samples"])


@needs_sound
@needs_ffmpeg
@pytest.mark.parametrize("name", FORMATS)
def test_a_part_is_cut_where_it_is_heard(addon: Addon, tmp_path: Path, name: str) -> None:
    file = encode(write_sweep(tmp_path / "sweep.wav"), tmp_path / name, FORMATS[name])
    heard = decode(addon, file, tmp_path, 12.0, 14.0)
    assert heard.shape == (2 * RATE, 2)  # channels as they are: the worker knows how to join them
    assert time_of(heard[:, 0]) == pytest.approx(12.0, abs=0.06)  # 0.14 after a seek in AAC
    assert np.abs(heard).max(axis=0) == pytest.approx([0.4, 0.2], rel=0.2)


@needs_sound
@needs_ffmpeg
@pytest.mark.parametrize("name", ["aac.wav", "line.m4a"])
def test_the_whole_of_a_file_is_as_long_as_it_lasts(
    addon: Addon, tmp_path: Path, name: str
) -> None:
    file = encode(write_sweep(tmp_path / "sweep.wav"), tmp_path / name, FORMATS[name])
    heard = decode(addon, file, tmp_path, 0.0, None)
    assert len(heard) / RATE == pytest.approx(SECONDS, abs=0.06)


@needs_sound
@needs_ffmpeg
@pytest.mark.parametrize("packed", [False, True])
def test_a_strip_bakes_what_only_blender_decodes(
    scene: bpy.types.Scene, addon: Addon, worker: UseWorker, tmp_path: Path, packed: bool
) -> None:
    sweep = write_sweep(tmp_path / "sweep.wav")
    file = encode(sweep, tmp_path / "aac.wav", FORMATS["aac.wav"])
    rig = load_face_rig()
    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    strip = helpers.strip_collection(scene).new_sound("Line", str(file), 1, 1)
    if packed:
        strip.sound.pack()
        file.unlink()
    helpers.set_end(strip, 301)
    report = addon("bake.run").bake_and_wait(bpy.context).report
    assert report.frames == 300


@needs_sound
@needs_ffmpeg
def test_the_model_hears_speech_under_a_wrong_name(
    scene: bpy.types.Scene, addon: Addon, model_worker: None, tmp_path: Path
) -> None:
    head = addon("demo.scene").add_head(scene.collection)
    still = helpers.evaluated_points(head, 1).copy()
    scene.jambatalk.mesh = head
    scene.jambatalk.source = "FILE"
    scene.jambatalk.sound_file = str(encode(SPEECH, tmp_path / "aac.wav", FORMATS["aac.wav"]))
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    moved = [np.abs(helpers.evaluated_points(head, f) - still).max() for f in range(1, 180, 3)]
    assert max(moved) > 0.003


@needs_sound
def test_what_nobody_can_decode_is_refused_in_one_sentence(
    scene: bpy.types.Scene, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("This is not sound." * 100)
    with pytest.raises(addon("bake.plan").UserError, match=r"Neither .* can read notes\.wav"):
        bake_file(scene, addon, text)
    assert scene.jambatalk.mesh.data.shape_keys is None


@pytest.mark.skipif(bpy.app.build_options.audaspace, reason="this Blender has sound")
def test_without_a_sound_library_the_sentence_says_so(
    scene: bpy.types.Scene, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    text = tmp_path / "line.m4a"
    text.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(1000))
    with pytest.raises(addon("bake.plan").UserError, match="this Blender has no sound library"):
        bake_file(scene, addon, text)


def bake_file(scene: bpy.types.Scene, addon: Addon, file: Path) -> None:
    """Bake a sound file to a new head."""
    rig = load_face_rig()
    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    scene.jambatalk.source, scene.jambatalk.sound_file = "FILE", str(file)
    addon("bake.run").bake_and_wait(bpy.context)
