"""The recipe that distils the streaming model: targets, delays, and a step from end to end."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from accelerate.state import AcceleratorState
from safetensors.torch import load_file

from model_core.base.assets import (
    BUNDLED_ENCODER,
    DEFAULT_CHECKPOINT,
    DEMO_SPEECH,
    STREAMING_CHECKPOINT,
)
from model_core.base.errors import UserError
from model_core.layers.regime_head import Regimes
from model_core.live.model import LiveModel
from model_core.models.checkpoint import WEIGHTS_FILE, load_checkpoint
from model_core.models.predictor import Predictor
from model_core.models.streaming.config import StreamingSettings
from model_core.models.streaming.network import shifted
from model_core.models.streaming.torch_steps import fill
from model_core.speech.audio import load_audio
from model_core.training.options import TrainingOptions
from model_core.training.streaming import data, recipe
from model_core.training.streaming.options import StreamingOptions
from model_core.training.streaming.task import StreamingSampling
from model_core.training.tracked.data import Part, Source, Teacher
from tests.quiet_training import quiet_options


def test_heads_are_compared_at_the_frames_they_tell_of() -> None:
    times = torch.arange(40.0)[None, :, None]
    heads = [
        Regimes(times - 2 * delay, times - 2 * delay, times - 2 * delay) for delay in (0, 1, 4)
    ]
    for head in shifted(heads, (0, 1, 4), 2):
        torch.testing.assert_close(head.gate, times[:, :32])


def test_the_target_is_the_motion_that_is_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "_LEAD_SECONDS", 0.0)
    speech = np.concatenate([load_audio(DEMO_SPEECH)[:32000], np.zeros(32000, np.float32)])
    path = tmp_path / "speech.wav"
    soundfile.write(path, speech, 16000, subtype="FLOAT")
    sound = Source((Part(path),))
    clean, degraded = data._teach_twice((0, sound), Teacher(DEFAULT_CHECKPOINT), [speech], 0)
    assert (len(clean.levels), len(clean.spectra)) == (4 * 60, 405)
    np.testing.assert_array_equal(clean.motion, degraded.motion)
    assert np.abs(clean.levels - degraded.levels).max() > 0.1
    shown = Predictor.load(device="cpu", engine="torch").predict(speech, fps=60.0).weights
    np.testing.assert_allclose(clean.motion[0], shown[:, :21], atol=0.01)
    assert not clean.motion[0, -10:].any()  # at rest long after the speech


@pytest.fixture
def own_precision() -> Iterator[None]:
    """A training in half precision, in a process whose other trainings are in single."""
    AcceleratorState._reset_state()
    yield
    AcceleratorState._reset_state()


@pytest.mark.usefixtures("own_precision")
def test_a_step_makes_a_model_that_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_QUIET_SOUNDS", 1), ("_ASIDE", 1)):
        monkeypatch.setattr(recipe, name, value)
    small = StreamingSampling(crops=1, tenths=10)
    monkeypatch.setattr(recipe, "StreamingSampling", lambda: small)
    speech = load_audio(DEMO_SPEECH)[:24000]
    for number in range(2):
        (tmp_path / f"sounds{number}").mkdir()
        soundfile.write(tmp_path / f"sounds{number}" / "a.flac", speech, 16000)
    chosen = StreamingOptions(sounds=(tmp_path / "sounds1",), sound_minutes=1.0)
    places = tmp_path / "sounds0", tmp_path / "run", tmp_path / "cache"
    options = quiet_options(*places, recipe="streaming", streaming=chosen)
    with pytest.raises(UserError, match="give more sounds"):
        recipe.train(options)
    monkeypatch.setattr(recipe, "_ASIDE", 2)
    folder = recipe.train(options)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Steps: 1;\nsounds: 1, of 0.0 minutes together; kept aside: 1." in card
    live = LiveModel.load(folder, "cpu", "torch").face.live((1.0, 0.0, 0.0, 0.0), 0.2)
    assert np.isfinite(live.hear(speech)).all()
    with pytest.raises(UserError, match="made from other data"):
        recipe.train(replace(options, streaming=replace(options.streaming, sound_minutes=2.0)))
    monkeypatch.setattr(recipe, "TRAINING", replace(recipe.TRAINING, learning_rate=0.05, warmup=0))
    _assert_a_mean(options, folder, tmp_path / "on")


def _assert_a_mean(options: TrainingOptions, begun: Path, output: Path) -> None:
    """Go on from a model, to a quarter of which the result is to stay."""
    chosen = replace(options.streaming, begun=begun, begun_share=0.25)
    mean = recipe.train(replace(options, output=output, streaming=chosen))
    before, after = (load_file(each / WEIGHTS_FILE)["embed.weight"] for each in (begun, mean))
    trained = torch.load(output / "last.pt", weights_only=True)["embed.weight"]
    assert (trained - before).abs().max() > 0.01
    torch.testing.assert_close(after.float(), 0.25 * before + 0.75 * trained, atol=2e-3, rtol=0)
    card = (mean / "README.md").read_text(encoding="utf-8")
    assert "(whose weights are 25% of the mean that these are)" in card
    told = json.loads((output / "training.json").read_text(encoding="utf-8"))["streaming"]
    assert told["begun_share"] == 0.25


def test_gates_are_trained_on_from_the_odds_that_they_learned() -> None:
    """Not from those that they were given at the end."""
    model = recipe._student(Teacher(DEFAULT_CHECKPOINT), 0)
    fill(model, load_checkpoint(STREAMING_CHECKPOINT), BUNDLED_ENCODER)
    shipped = {name: value.clone() for name, value in model.state_dict().items()}
    recipe.go_on_from(STREAMING_CHECKPOINT, model)
    surer = shipped["heads.4.gate.weight"] / model.state_dict()["heads.4.gate.weight"]
    settings = StreamingSettings.from_config(load_checkpoint(STREAMING_CHECKPOINT).config)
    torch.testing.assert_close(surer, torch.full_like(surer, settings.sharpness))
    again = recipe.finished(model, settings).state_dict()
    for name, value in shipped.items():
        torch.testing.assert_close(again[name], value)


def test_a_share_needs_what_it_is_of() -> None:
    with pytest.raises(UserError, match="needs --begun"):
        StreamingOptions(begun_share=0.5)
    with pytest.raises(UserError, match="less than 1"):
        StreamingOptions(begun=STREAMING_CHECKPOINT, begun_share=1.0)
