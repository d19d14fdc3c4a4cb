"""Predictions through the library: frame counts, styles, long clips, cancellation."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.encoding.whisper.encoder import WhisperEncoder
from model_core.models.jambatalk import face as jambatalk_face
from model_core.models.jambatalk.torch_decoder import TorchDecoder
from model_core.models.predictor import Predictor
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.audio import load_audio


@pytest.fixture(scope="module")
def predictor(checkpoint: Path) -> Predictor:
    return Predictor.load(checkpoint, "cpu")


@pytest.fixture(scope="module")
def samples(sentence: Path) -> NDArray[np.float32]:
    return load_audio(sentence)


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 60.0])
def test_as_many_frames_as_the_sound_lasts(
    predictor: Predictor, samples: NDArray[np.float32], fps: float
) -> None:
    motion = predictor.predict(samples, fps)
    assert abs(motion.frames - len(samples) / 16000 * fps) <= 1
    assert motion.fps == fps
    assert motion.names == SPEECH_SHAPES
    np.testing.assert_array_equal(motion.basis, load_face_rig().select(SPEECH_SHAPES))
    assert motion.weights.min() >= 0
    assert motion.weights.std(axis=0).max() > 0.01  # the sound moves it


def test_the_same_sound_gives_the_same_motion(
    predictor: Predictor, checkpoint: Path, samples: NDArray[np.float32]
) -> None:
    first = predictor.predict(samples, seed=3)
    again = Predictor.load(checkpoint, "cpu").predict(samples, seed=3)
    np.testing.assert_allclose(again.weights, first.weights, atol=1e-6)


def test_styles_differ_and_mix(predictor: Predictor, samples: NDArray[np.float32]) -> None:
    plain = predictor.predict(samples).weights
    neutral = predictor.predict(samples, style="neutral").weights
    np.testing.assert_allclose(neutral, plain, atol=1e-6)
    wide = predictor.predict(samples, style="wide").weights
    half = predictor.predict(samples, style={"neutral": 2.0, "wide": 2.0}).weights
    assert np.abs(wide - plain).max() > 1e-3
    assert 0 < np.linalg.norm(half - plain) < np.linalg.norm(wide - plain)


@pytest.mark.parametrize("style", ["operatic", {}, {"neutral": -1.0}, {"neutral": float("nan")}])
def test_impossible_styles(predictor: Predictor, style: str | dict[str, float]) -> None:
    with pytest.raises(UserError, match="style"):
        predictor.predict(np.zeros(16000, np.float32), style=style)


@pytest.mark.parametrize("fps", [0.0, -30.0, float("nan"), float("inf"), 1e6])
def test_impossible_frame_rates(predictor: Predictor, fps: float) -> None:
    with pytest.raises(UserError, match="frame rate"):
        predictor.predict(np.zeros(16000, np.float32), fps)


@pytest.mark.parametrize(
    "sound", [np.zeros(0), np.zeros((5, 2)), np.array([0.0, np.nan]), np.array([np.inf])]
)
def test_impossible_sounds(predictor: Predictor, sound: NDArray[np.float32]) -> None:
    with pytest.raises(UserError, match="sound"):
        predictor.predict(sound)


def test_where_blocks_of_a_long_clip_fall_does_not_show(
    checkpoint: Path, samples: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.load(checkpoint, "cpu")
    clip = np.concatenate([samples, samples[5000:], samples[::2]])
    whole = predictor.predict(clip, 60.0).weights
    monkeypatch.setattr(jambatalk_face, "_BLOCK_SECONDS", 1.3)
    encoder = WhisperEncoder(block_seconds=3.0)
    monkeypatch.setattr(predictor._model, "encoder", encoder)  # blocks of both do not end together
    in_blocks = predictor.predict(clip, 60.0).weights
    np.testing.assert_allclose(in_blocks, whole, atol=1e-4)


def test_windows_of_a_long_clip_hardly_show(
    checkpoint: Path, samples: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.load(checkpoint, "cpu")
    monkeypatch.setattr(TorchDecoder, "begin", lambda _self, _style: None)  # as of a graph
    clip = np.concatenate([samples, samples[5000:], samples[::2]])
    whole = predictor.predict(clip, 60.0).weights
    monkeypatch.setattr(jambatalk_face, "_WINDOW_SECONDS", 5)
    monkeypatch.setattr(jambatalk_face, "_BEFORE_SECONDS", 4)
    monkeypatch.setattr(jambatalk_face, "_AFTER_SECONDS", 2)
    encoder = WhisperEncoder(block_seconds=3.0)
    monkeypatch.setattr(predictor._model, "encoder", encoder)  # windows do not end with blocks
    windowed = predictor.predict(clip, 60.0).weights
    assert windowed.shape == whole.shape
    assert np.linalg.norm(windowed - whole) < 1e-2 * np.linalg.norm(whole)


def test_progress_rises_to_one(predictor: Predictor, samples: NDArray[np.float32]) -> None:
    shares: list[float] = []
    predictor.predict(samples, progress=shares.append)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_what_progress_raises_stops_the_prediction(
    predictor: Predictor, samples: NDArray[np.float32]
) -> None:
    class EnoughError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0:
            raise EnoughError

    with pytest.raises(EnoughError):
        predictor.predict(samples, progress=stop)


def test_the_vertex_head_gives_a_motion_too(
    vertex_checkpoint: Path, samples: NDArray[np.float32]
) -> None:
    motion = Predictor.load(vertex_checkpoint, "cpu").predict(samples[:32000], 25.0)
    assert (motion.frames, motion.vertices) == (50, 5023)
    assert np.abs(motion.offsets()).max() > 0
