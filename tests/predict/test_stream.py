"""Streams: chunks do not show, frames come out in time, memory is flat, nothing global is drawn."""

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.encoding.loudness import ClipLoudness, Loudness, RunningLoudness
from model_core.encoding.speech_encoder import SpeechEncoder
from model_core.encoding.whisper.encoder import WhisperEncoder
from model_core.engine.choice import Runtime
from model_core.engine.on_device import OnDevice
from model_core.models.checkpoint import load_checkpoint
from model_core.models.face_model import FaceModel, StreamState
from model_core.models.predictor import Predictor
from model_core.models.registry import load_model
from model_core.motion.motion import Motion
from model_core.speech.audio import load_audio

Samples = NDArray[np.float32]
STYLE = (0.25, 0.75)
SECOND = 16000


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> FaceModel:
    return load_model(load_checkpoint(checkpoint), Runtime())


@pytest.fixture(scope="module")
def samples(sentence: Path) -> Samples:
    """Five seconds, cut so that neither 10 nor 20 ms divide them."""
    return load_audio(sentence)[: 5 * SECOND - 37]


def cut(samples: Samples, length: int) -> Iterator[Samples]:
    return (samples[at : at + length] for at in range(0, len(samples), length))


def uneven(samples: Samples) -> Iterator[Samples]:
    """Cut into chunks of any length, some of them empty."""
    places = np.random.default_rng(0).integers(0, len(samples), 40)
    return iter(np.split(samples, sorted([*places, places[0]])))


def streamed(
    model: FaceModel, chunks: Iterable[Samples], loudness: Loudness, **changes: float
) -> NDArray[np.float32]:
    state = StreamState(loudness, **changes)  # type: ignore[arg-type]
    return np.concatenate(list(model.stream(chunks, STYLE, state)))


@pytest.mark.parametrize("length", [1, 317, 1600, 30000])
@pytest.mark.parametrize("step", [0.9, 60.0])
def test_chunks_do_not_show(model: FaceModel, samples: Samples, length: int, step: float) -> None:
    whole = model.animate(samples, STYLE).weights
    loudness = ClipLoudness(samples)
    outputs = streamed(model, cut(samples, length), loudness, step=step)
    parts = model.motion(outputs).weights
    assert whole.std(axis=0).max() > 0.01
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_uneven_chunks_do_not_show(model: FaceModel, samples: Samples) -> None:
    whole = model.animate(samples, STYLE).weights
    outputs = streamed(model, uneven(samples), ClipLoudness(samples), step=0.5)
    np.testing.assert_allclose(model.motion(outputs).weights, whole, atol=1e-5)


@pytest.mark.parametrize("count", [1, 5, 100, 319, 321, 1234])
def test_chunks_of_the_shortest_sounds_do_not_show(
    model: FaceModel, samples: Samples, count: int
) -> None:
    short = samples[9000 : 9000 + count]
    whole = model.animate(short, STYLE).weights
    for length in (1, 50):
        outputs = streamed(model, cut(short, length), ClipLoudness(short), step=0.02)
        np.testing.assert_allclose(model.motion(outputs).weights, whole, atol=1e-5)


def test_the_model_that_ships_streams_the_same(samples: Samples) -> None:
    predictor = Predictor.load(None, "cpu", "torch")._model
    style = (0.0, 1.0, 0.0, 0.0)
    whole = predictor.animate(samples, style).weights
    state = StreamState(ClipLoudness(samples), step=1.7)
    parts = np.concatenate(list(predictor.stream(cut(samples, 777), style, state)))
    np.testing.assert_allclose(predictor.motion(parts).weights, whole, atol=1e-5)


def test_chunks_of_a_take_do_not_show(model: FaceModel, samples: Samples) -> None:
    plain = model.animate(samples, STYLE).weights
    whole = model.animate(samples, STYLE, take=3, variation=1.2).weights
    outputs = streamed(
        model, cut(samples, 317), ClipLoudness(samples), step=0.9, take=3, variation=1.2
    )
    assert abs(whole - plain).max() > 0.01
    np.testing.assert_allclose(model.motion(outputs).weights, whole, atol=1e-5)


def test_the_vertex_head_streams_too(vertex_checkpoint: Path, samples: Samples) -> None:
    model = load_model(load_checkpoint(vertex_checkpoint), Runtime())
    short = samples[: 2 * SECOND]
    (whole,) = model.stream([short], STYLE, StreamState(ClipLoudness(short)))
    assert whole.shape == (60, 5023 * 3)
    parts = streamed(model, cut(short, 3000), ClipLoudness(short), step=0.5)
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    take = streamed(model, cut(short, 3000), ClipLoudness(short), step=0.5, take=1)
    assert take.shape == whole.shape
    assert abs(take - whole).max() > 1e-4


def test_frames_come_out_once_what_they_depend_on_was_heard(
    model: FaceModel, samples: Samples
) -> None:
    sound = np.tile(samples, 3)[: 13 * SECOND]
    given = 0

    def chunks() -> Iterator[Samples]:
        nonlocal given
        for chunk in cut(sound, SECOND // 10):
            given += len(chunk)
            yield chunk

    heard: list[float] = []
    state = StreamState(ClipLoudness(sound), step=1.0, heard=heard.append)
    came = [(given / SECOND, len(new)) for new in model.stream(chunks(), STYLE, state)]
    first, frames = came[0]
    assert 0 < frames <= 60
    assert 5.1 < first < 7.2  # 1.1 s after, which the encoder hears 4 s after, in whole seconds
    assert sum(count for _, count in came) == 13 * 60
    assert len(came) > 2  # it goes on before the end
    assert heard == sorted(heard)
    assert heard[-1] == 13.0


def test_memory_does_not_grow(
    model: FaceModel, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder's network, which has no memory of its own, is left out to save time."""
    encoder: WhisperEncoder = model.encoder  # type: ignore[attr-defined]
    silence = np.zeros((2000, encoder.channels), np.float32)
    network = type(encoder._run)
    monkeypatch.setattr(network, "__call__", lambda _, __, keep: silence[: keep.stop - keep.start])

    def most_memory(seconds: int) -> int:
        sound = (samples[at : at + 1600].copy() for _ in range(seconds // 5) for at in range(50))
        state = StreamState(RunningLoudness(), step=5.0)
        tracemalloc.start()
        frames = sum(len(new) for new in model.stream(sound, STYLE, state))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert frames == seconds // 5 * 300
        return most

    most_memory(5)  # what is loaded once
    assert most_memory(120) < 1.05 * most_memory(40)


def test_running_loudness_becomes_the_clips(samples: Samples) -> None:
    clip, running = ClipLoudness(samples), RunningLoudness()
    for length in (1, 7, 640, 90000):
        running = RunningLoudness()
        for chunk in cut(samples, length):
            running.hear(chunk)
        assert running.power == pytest.approx(clip.power, rel=0.01)
        assert running.peak == pytest.approx(clip.peak, abs=1e-4)


def test_running_loudness_is_of_what_was_heard(samples: Samples) -> None:
    running = RunningLoudness()
    running.hear(0.01 * samples)
    quiet = ClipLoudness(0.01 * samples)
    assert running.power == pytest.approx(quiet.power, rel=0.01)
    running.hear(samples)
    both = ClipLoudness(np.concatenate([0.01 * samples, samples]))
    assert running.power == pytest.approx(both.power, rel=0.01)
    assert running.peak == pytest.approx(both.peak, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 199, 320])
def test_running_loudness_of_hardly_anything(samples: Samples, count: int) -> None:
    running = RunningLoudness()
    running.hear(samples[9000 : 9000 + count])
    assert 0 < running.power < 1
    assert -10.1 < running.peak < 3


def test_a_running_loudness_gives_nearly_the_motion(model: FaceModel, samples: Samples) -> None:
    whole = model.animate(samples, STYLE).weights
    outputs = streamed(model, cut(samples, 1600), RunningLoudness(), step=1.0)
    running = model.motion(outputs).weights
    assert running.shape == whole.shape
    late = slice(len(whole) // 2, None)
    assert np.abs(running[late] - whole[late]).mean() < 0.05 * np.abs(whole[late]).mean()


def test_encoders_of_whole_clips_gather_chunks(samples: Samples) -> None:
    class Mean(SpeechEncoder):
        channels = 1

        def blocks(self, samples: Samples) -> Iterator[NDArray[np.float32]]:
            yield np.full((len(samples) // 320, 1), samples.mean())

    encoder = Mean()
    parts = list(encoder.stream(cut(samples, 999), ClipLoudness(samples), 1.0))
    np.testing.assert_array_equal(np.concatenate(parts), encoder.encode(samples))


@pytest.mark.parametrize("chunks", [[], [np.empty(0, np.float32)]])
def test_a_stream_of_nothing(model: FaceModel, chunks: list[Samples]) -> None:
    with pytest.raises(UserError, match="at least one sample"):
        list(model.stream(chunks, STYLE, StreamState(RunningLoudness())))


class Drawing(FaceModel):
    """A model that draws its motion."""

    styles = ("neutral",)

    def stream(
        self, chunks: Iterable[Samples], mixture: Sequence[float], state: StreamState
    ) -> Iterator[NDArray[np.float32]]:
        for chunk in chunks:
            yield state.random.random((len(chunk) // 160, 1), np.float32)

    def motion(self, outputs: NDArray[np.float32]) -> Motion:
        return Motion(100.0, ("a",), np.ones((1, 4, 3), np.float32), outputs, "quad")


def test_seed_and_take_are_all_that_is_drawn_from(samples: Samples) -> None:
    predictor = Predictor(OnDevice(lambda _runtime: Drawing(), Runtime()))

    def drawn(seed: int, take: int) -> NDArray[np.float32]:
        return predictor.predict(samples, 100.0, seed=seed, take=take).weights

    first = drawn(3, 0)
    np.testing.assert_array_equal(drawn(3, 0), first)
    for other in (drawn(3, 1), drawn(4, 0), drawn(0, 3)):
        assert np.abs(other - first).max() > 0.1
    with pytest.raises(UserError, match="take must lie"):
        drawn(3, -1)


def test_predictions_leave_global_random_numbers_alone(checkpoint: Path, samples: Samples) -> None:
    predictor = Predictor.load(checkpoint, "cpu", "torch")
    torch.manual_seed(11)
    np.random.seed(11)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]
    predictor.predict(samples[:SECOND], seed=5, take=2)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # type: ignore[index,union-attr]
