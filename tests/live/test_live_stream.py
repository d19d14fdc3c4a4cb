"""The streaming model: chunks do not show, nothing is heard ahead of time, nothing grows."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model_core.base.assets import BUNDLED_ENCODER, STREAMING_CHECKPOINT
from model_core.base.errors import UserError
from model_core.live.model import LiveModel
from model_core.live.sources import chunks_of
from model_core.live.stream import FrameStream
from model_core.models.checkpoint import EARS_GRAPH, load_checkpoint, write_manifest
from model_core.models.performer.face import Performers, save
from model_core.models.performer.style import TAPS, PerformerStyle, performed
from model_core.models.predictor import Predictor
from model_core.models.streaming.config import StreamingSettings
from model_core.models.streaming.live import LiveStream
from model_core.models.streaming.torch_steps import load_streaming
from model_core.rig.lip_geometry import lip_curves, opening_per_unit
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.training.streaming.data import heard_live

SECOND, FPS = 16000, 60.0
NEUTRAL = (1.0, 0.0, 0.0, 0.0)

Samples = NDArray[np.float32]


def cut(samples: Samples, length: int) -> Iterator[Samples]:
    return (samples[at : at + length] for at in range(0, len(samples), length))


def streamed(
    model: LiveModel, chunks: Iterator[Samples], lookahead: float = 0.2
) -> NDArray[np.float32]:
    live = model.face.live(NEUTRAL, lookahead)
    return np.concatenate([*map(live.hear, chunks), live.end()])


@pytest.fixture(scope="module")
def whole(model: LiveModel, speech: Samples) -> NDArray[np.float32]:
    return streamed(model, iter([speech]))


@pytest.mark.parametrize("length", [160, 533, 16000])
def test_chunks_do_not_show(
    model: LiveModel, speech: Samples, whole: NDArray[np.float32], length: int
) -> None:
    parts = streamed(model, cut(speech, length))
    assert whole.std(axis=0).max() > 0.01
    np.testing.assert_allclose(parts, whole, atol=1e-4)


def test_single_samples_and_uneven_chunks_do_not_show(model: LiveModel, speech: Samples) -> None:
    short = speech[SECOND : SECOND + 4000]
    places = np.random.default_rng(0).integers(0, len(short), 20).tolist()
    parts = streamed(model, iter(np.split(short, sorted([*places, places[0]]))))  # one is empty
    np.testing.assert_allclose(parts, streamed(model, cut(short, 1)), atol=1e-4)


@pytest.mark.parametrize("count", [1, 150, 401, 1234, 2666, 2667])
def test_every_length_has_its_frames(model: LiveModel, speech: Samples, count: int) -> None:
    frames = streamed(model, cut(speech[:count], 100))
    assert len(frames) == max(1, round(count / SECOND * FPS))
    assert np.isfinite(frames).all()


@pytest.mark.parametrize("lookahead", [0.2, 0.08])
def test_nothing_is_heard_ahead_of_the_lookahead(
    model: LiveModel, speech: Samples, lookahead: float
) -> None:
    silent_from = round(1.3 * SECOND)
    silenced = np.concatenate([speech[:silent_from], np.zeros_like(speech[silent_from:])])
    spoken, cut_off = (streamed(model, iter([sound]), lookahead) for sound in (speech, silenced))
    differs = np.flatnonzero(np.abs(spoken - cut_off).max(axis=1) > 1e-5)
    waits = model.face.live(NEUTRAL, lookahead).lookahead
    assert waits <= lookahead
    assert differs[0] / FPS >= 1.3 - waits  # and it does look ahead, nearly as far as it says:
    assert differs[0] / FPS < 1.3 - waits + 2.5 / FPS + 0.0325


def test_frames_come_as_soon_as_the_lookahead_has_passed(model: LiveModel, speech: Samples) -> None:
    live, told, latest = model.face.live(NEUTRAL, 0.2), 0, 0.0
    for heard, chunk in enumerate(cut(speech, 160), 1):
        frames = len(live.hear(chunk))
        if frames:
            latest = max(latest, heard * 160 / SECOND - told / FPS)
        told += frames
    assert latest <= live.lookahead + 160 / SECOND


def test_it_agrees_with_the_pass_that_training_makes(
    speech: Samples, whole: NDArray[np.float32]
) -> None:
    checkpoint = load_checkpoint(STREAMING_CHECKPOINT)
    settings = StreamingSettings.from_config(checkpoint.config)
    network = load_streaming(checkpoint, settings, BUNDLED_ENCODER)
    spectra, levels = heard_live(speech, 19)
    inputs = torch.from_numpy(spectra.T.copy())[None], torch.from_numpy(levels)[None]
    with torch.no_grad():
        last = network(*inputs, torch.zeros(1, dtype=torch.long)).regimes[-1]
    frames = last.mixed(last.gate.sigmoid())[0, 2 * settings.delays[-1] :].numpy()
    safe = len(frames) - 12  # what follows the end is silence here, speech there
    np.testing.assert_allclose(frames[:safe], whole[:safe], atol=1e-4)


def test_a_clip_is_predicted_as_it_is_streamed(
    model: LiveModel, speech: Samples, whole: NDArray[np.float32]
) -> None:
    motion = Predictor.load(STREAMING_CHECKPOINT, "cpu", "torch").predict(speech, fps=FPS)
    np.testing.assert_allclose(motion.weights[30:-30], np.maximum(whole, 0)[30:-30], atol=1e-4)


@pytest.mark.parametrize(
    ("lookahead", "least_r", "most_mm"), [(0.2, 0.92, 1.3), (0.08, 0.86, 1.65)]
)
def test_the_lips_move_as_the_default_model_moves_them(
    model: LiveModel, speech: Samples, lookahead: float, least_r: float, most_mm: float
) -> None:
    per_unit = opening_per_unit(model.face.basis)
    live = np.maximum(streamed(model, iter([speech]), lookahead), 0) @ per_unit
    known = Predictor.load(device="cpu", engine="torch").predict(speech, fps=FPS)
    wanted = lip_curves(known.weights, known.basis).opening
    assert np.corrcoef(live, wanted)[0, 1] > least_r
    assert np.sqrt(np.mean((live - wanted) ** 2)) < most_mm


def test_the_shortest_lookahead_is_told(model: LiveModel) -> None:
    with pytest.raises(UserError, match="at least 66 ms, not 50"):
        model.face.live(NEUTRAL, 0.05)


class _Nothing:
    """A network that hears and says nothing, so that hours pass quickly."""

    def hear(self, mel: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros(((mel.shape[1] - 3) // 2, 384), np.float32)

    def decode(
        self, features: NDArray[np.float32], _style: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        return np.zeros((5, len(features), 21), np.float32)


def held_bytes(live: LiveStream) -> int:
    """What a stream's arrays and lists hold."""
    seen: dict[int, object] = {}
    queue: list[object] = [live]
    while queue:
        each = queue.pop()
        if id(each) not in seen and not isinstance(each, type | str) and not callable(each):
            seen[id(each)] = each
            queue += gc.get_referents(each)
    return sum(each.nbytes if isinstance(each, np.ndarray) else 64 for each in seen.values())


def test_nothing_grows_with_time(model: LiveModel, speech: Samples) -> None:
    live = LiveStream(_Nothing(), model.face.settings, np.array(NEUTRAL, np.float32), 0.2)
    held, frames = [], 0
    for _ in range(40):  # two minutes
        frames += sum(len(live.hear(chunk)) for chunk in cut(speech, 2000))
        held.append(held_bytes(live))
    assert frames == pytest.approx(40 * len(speech) / SECOND * FPS, abs=20)
    assert max(held[20:]) <= 1.05 * max(held[:20])


def test_both_engines_agree(model: LiveModel, speech: Samples, whole: NDArray[np.float32]) -> None:
    light = LiveModel.load(device="cpu", engine="onnxruntime")
    np.testing.assert_allclose(streamed(light, cut(speech, 1600)), whole, atol=1e-4)


def test_the_quicker_engine_is_chosen_where_it_can_be(tmp_path: Path) -> None:
    assert LiveModel.load().runtime.engine == "onnxruntime"
    bare = shutil.copytree(STREAMING_CHECKPOINT, tmp_path / "bare")
    (bare / EARS_GRAPH).unlink()
    write_manifest(bare)
    assert LiveModel.load(bare).runtime.engine == "torch"
    assert LiveModel.load(engine="torch").runtime.engine == "torch"


def test_a_performer_is_told_two_tenths_of_a_second_later(
    model: LiveModel, speech: NDArray[np.float32], tmp_path: Path
) -> None:
    """As the whole motion would be moved; only with a look-ahead that has room for it."""
    shapes, source = len(SPEECH_SHAPES), load_checkpoint(STREAMING_CHECKPOINT)
    matrix = np.zeros((len(TAPS) * shapes, shapes), np.float32)
    matrix[-shapes:] = 1.2 * np.eye(shapes)  # what comes 0.2 s later, larger
    performers = Performers(SPEECH_SHAPES, {"Ann": PerformerStyle(matrix, matrix[0] * 0)})
    save(tmp_path, source, performers, "# Ann\n")
    with_her = LiveModel.load(tmp_path, engine="torch")
    stream = FrameStream(with_her, "Ann", 0.4, None)
    told = np.concatenate(list(stream.frames(chunks_of(speech, 0.03))))
    assert stream.lookahead == pytest.approx(0.4, abs=0.002)
    plain = FrameStream(model, None, 0.2, None).frames([speech])
    own = with_her.face.motion(np.concatenate(list(plain)))
    moved = performed(own, SPEECH_SHAPES, list(performers.styles.values()), [1.0])
    np.testing.assert_allclose(told, moved.weights, atol=1e-5)
    assert np.abs(told - own.weights).max() > 0.05
    with pytest.raises(UserError, match="at least 266 ms, not 200"):
        FrameStream(with_her, "Ann", 0.2, None)
    assert FrameStream(with_her, "neutral", 0.2, None).lookahead < 0.2
