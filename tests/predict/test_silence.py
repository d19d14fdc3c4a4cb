"""Silence: the face is at rest where nothing sounds, and speech is left as it was."""

import json
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model_core.base.units import MM_PER_M
from model_core.models.predictor import Predictor
from model_core.motion.motion import Motion
from model_core.performance import silence
from model_core.performance.nearness import EASE, HANG, LEAD, RATE, speech_share
from model_core.performance.silence import (
    levels_db,
    loud_db,
    may_be_speech,
    notes_on,
    rest_in_silence,
)
from model_core.speech.audio import Samples, Sound, load_audio

SECOND = 16000
REST_MM = 0.1
STEP = 1 / 32768  # of 16 bits


@pytest.fixture(scope="module", params=["torch", "onnxruntime"])
def shipped(request: pytest.FixtureRequest) -> Predictor:
    """The model that ships, by either engine."""
    return Predictor.load(device="cpu", engine=request.param)


@pytest.fixture(scope="module")
def line(sentence: Path) -> Samples:
    """A spoken line of 2.4 s, its ends cut as a gate cuts them, loud parts at -23 dB."""
    spoken = load_audio(sentence)[: int(2.4 * SECOND)]
    return _at_level(spoken, -23.0)


def _hiss(seconds: float, level: float, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * SECOND))
    return (10 ** (level / 20) * noise).astype(np.float32)


def _nothing(seconds: float, kind: str) -> Samples:
    """Sound in which nobody speaks."""
    count = round(seconds * SECOND)
    quiet = np.zeros(count, np.float32)
    at = np.arange(count) / SECOND
    match kind:
        case "zeros":
            return quiet
        case "dither":
            return (np.random.default_rng(0).integers(-1, 2, count) * STEP).astype(np.float32)
        case "one sample":
            quiet[count // 2] = STEP
        case "click":
            quiet[count // 2 : count // 2 + 3] = 0.5
        case "offset":
            quiet += np.float32(0.02)
        case "hum":
            quiet += (0.0014 * np.sin(2 * np.pi * 50 * at)).astype(np.float32)
        case _:
            return _hiss(seconds, float(kind))
    return quiet


NOTHINGS = ("zeros", "dither", "one sample", "click", "offset", "hum", "-60", "-70", "-80", "-90")


def _farthest_mm(motion: Motion, first: float, last: float) -> float:
    """How far any vertex is from its rest between two times."""
    part = slice(int(np.ceil(first * motion.fps)), int(last * motion.fps) + 1)
    moved = np.tensordot(motion.weights[part], motion.basis, 1)
    return float(np.linalg.norm(moved, axis=2).max(initial=0.0)) * MM_PER_M


def _at_level(sound: Samples, level: float) -> Samples:
    """A sound with its loud parts at a level in dB, in steps of 16 bits."""
    gain = 10 ** ((level - loud_db(levels_db(sound))) / 20)
    return (np.rint(sound * gain / STEP) * STEP).astype(np.float32)


def _share(sound: Samples) -> NDArray[np.float64]:
    levels = levels_db(sound)
    return speech_share(may_be_speech(levels, loud_db(levels)))


@pytest.mark.parametrize("kind", NOTHINGS)
def test_a_clip_without_speech_is_at_rest(shipped: Predictor, kind: str) -> None:
    motion = shipped.predict(_nothing(4.0, kind), 30.0)
    assert motion.frames == 120
    assert _farthest_mm(motion, 0, 4) <= REST_MM


@pytest.mark.parametrize("seconds", [1 / SECOND, 0.01, 0.1, 1.0, 20.0])
def test_zeros_of_any_length(shipped: Predictor, seconds: float) -> None:
    motion = shipped.predict(np.zeros(round(seconds * SECOND), np.float32), 24.0)
    assert motion.frames == max(1, round(seconds * 24))
    assert _farthest_mm(motion, 0, seconds) <= REST_MM


@pytest.mark.parametrize("kind", NOTHINGS)
def test_gated_dialogue_rests_between_before_and_after(
    shipped: Predictor, line: Samples, kind: str
) -> None:
    gap = _nothing(6.0, kind)
    clip = np.concatenate([gap[:64000], line, gap, line, gap[:64000]])
    motion = shipped.predict(clip, 60.0)
    spoken = len(line) / SECOND
    between, after = 4 + spoken, 10 + 2 * spoken
    for first, last in ((0.0, 3.7), (between + 0.3, between + 5.7), (after + 0.3, after + 4)):
        assert _farthest_mm(motion, first, last) <= REST_MM


@pytest.mark.parametrize("style", ["neutral", "articulate", "mumbled", "wide"])
def test_every_style_and_frame_rate_rests(shipped: Predictor, line: Samples, style: str) -> None:
    clip = np.concatenate([line, np.zeros(5 * SECOND, np.float32), line])
    spoken = len(line) / SECOND
    for fps in (12.0, 25.0, 29.97, 120.0):
        motion = shipped.predict(clip, fps, style)
        assert _farthest_mm(motion, spoken + 0.4, spoken + 4.6) <= REST_MM


def test_without_the_gate_the_mouth_is_not_quite_at_rest(
    shipped: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why there is a gate; a model that has learned to rest by itself needs none."""
    monkeypatch.setattr("model_core.models.predictor.rest_in_silence", lambda motion, _: motion)
    motion = shipped.predict(np.zeros(8 * SECOND, np.float32), 30.0)
    assert _farthest_mm(motion, 0, 8) > 2 * REST_MM


@pytest.mark.skipif(which("ffmpeg") is None, reason="needs ffmpeg to make an mp3")
def test_silence_that_went_through_an_mp3(
    shipped: Predictor, line: Samples, tmp_path: Path
) -> None:
    clip = np.concatenate([line, np.zeros(5 * SECOND, np.float32), line])
    soundfile.write(tmp_path / "clip.wav", clip, SECOND)
    command = ["ffmpeg", "-v", "error", "-i", "clip.wav", "-b:a", "64k", "clip.mp3"]
    subprocess.run(command, cwd=tmp_path, check=True)
    motion = shipped.predict(load_audio(tmp_path / "clip.mp3"), 60.0)
    spoken = len(line) / SECOND
    assert _farthest_mm(motion, spoken + 0.4, spoken + 4.6) <= REST_MM


@pytest.mark.parametrize("level", [-12.0, -23.0, -35.0, -45.0, -55.0, -65.0])
def test_speech_of_any_level_is_left_as_it_was(sentence: Path, level: float) -> None:
    sound = _at_level(load_audio(sentence), level)
    motion = Motion(60.0, ("a",), np.ones((1, 3, 3), np.float32), np.ones((363, 1), np.float32))
    assert rest_in_silence(motion, sound) is motion


@pytest.mark.parametrize("level", [-23.0, -45.0])
def test_recorded_words_are_left_as_they_were(shared_dir: Path, level: float) -> None:
    """Real people: no frame of a word changes, nor the fifth of a second before the first."""
    for folder in ("grid_s1", "grid_more/s2", "grid_more/s4", "grid_more/s30"):
        told = json.loads((shared_dir / "data" / folder / "words.json").read_text())
        for clip in sorted(told)[::25]:
            times = told[clip]["times"]
            if not times:
                continue
            sound = _at_level(load_audio(shared_dir / f"data/{folder}/audio/{clip}.flac"), level)
            first, last = max(0.0, times[0][0] - 0.2), times[-1][1]
            assert _share(sound)[int(first * RATE) : int(last * RATE)].min() == 1.0, clip


def test_a_line_much_softer_than_another_is_kept(line: Samples) -> None:
    quiet = np.zeros(3 * SECOND, np.float32)
    soft = 10 ** (-25 / 20) * line
    clip = np.concatenate([line, quiet, soft.astype(np.float32), quiet])
    share = _share(clip)
    begin, end = len(line) / SECOND + 3, 2 * len(line) / SECOND + 3
    assert share[int((begin - 0.3) * RATE) : int((end + 0.2) * RATE)].min() == 1.0
    assert share[-50:].max() == 0.0


def test_the_share_eases_before_and_after() -> None:
    sounding = np.zeros(600, np.bool_)
    sounding[300:320] = True
    share = speech_share(sounding)
    open_from, open_to = 300 - round(LEAD * RATE), 319 + round(HANG * RATE)
    assert (share[open_from : open_to + 1] == 1.0).all()
    ease = round(EASE * RATE)
    assert share[open_from - ease] == share[open_to + ease] == 0.0
    assert (np.diff(share[open_from - ease : open_from + 1]) > 0).all()
    assert (np.diff(share[open_to : open_to + ease + 1]) < 0).all()
    assert np.abs(np.diff(share)).max() < 0.06  # no jump


def test_what_does_not_vary_is_no_soft_speech() -> None:
    for seconds, level in ((1.0, -52.0), (10.0, -60.0), (3.0, -75.0)):
        levels = levels_db(_hiss(seconds, level))
        assert not may_be_speech(levels, loud_db(levels)).any()


def test_a_held_tone_is_no_silence() -> None:
    """A sung or screamed vowel does not vary; it is far above the floor."""
    at = np.arange(2 * SECOND) / SECOND
    tone = (0.1 * np.sin(2 * np.pi * 220 * at)).astype(np.float32)
    assert _share(tone).min() == 1.0


def test_a_silent_file_is_told() -> None:
    assert "digital silence" in notes_on(Sound(np.zeros(SECOND, np.float32), ("mended",)))[1]
    assert "silence (-70 dB)" in notes_on(Sound(_hiss(2.0, -70.0)))[0]


def test_speech_has_no_such_note(line: Samples) -> None:
    assert notes_on(Sound(line, ("mended",))) == ["mended"]


def test_any_model_rests(vertex_checkpoint: Path, line: Samples) -> None:
    clip = np.concatenate([line, np.zeros(4 * SECOND, np.float32)])
    motion = Predictor.load(vertex_checkpoint, "cpu").predict(clip, 25.0)
    assert _farthest_mm(motion, len(line) / SECOND + HANG + EASE + 0.1, 6.3) == 0.0
    assert _farthest_mm(motion, 0, len(line) / SECOND) > 1.0


def test_levels_are_taken_every_hundredth_of_a_second() -> None:
    sound = np.concatenate([np.zeros(SECOND, np.float32), _hiss(1.0, -20.0)])
    levels = levels_db(sound)
    assert len(levels) == 200
    assert levels[:98].max() == silence._DIGITAL
    np.testing.assert_allclose(levels[105:195], -20.0, atol=4.0)
