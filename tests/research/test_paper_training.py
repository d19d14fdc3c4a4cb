"""The paper's recipes train, resume to the bit, and leave alone what is frozen."""

import argparse
import csv
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch

from model_core.base.errors import UserError
from model_core.cli import train
from model_core.cli.dataclass_arguments import settings_of
from model_core.encoding.frame_wav2vec2 import FrameWav2Vec2
from model_core.models.jambatalk.config import ARRANGEMENTS, TABLE_2, Discretisation, Rope
from model_core.models.release.encoder import ReleaseEncoder, ReleaseEncoderConfig
from model_core.models.talking_head.lip_reader import LipReader, LipReaderConfig
from model_core.models.talking_head.options import PaperOptions
from model_core.models.talking_head.run import Run
from model_core.training.loop import TrainingConfig, TrainingProgress
from model_core.training.options import TrainingOptions
from model_core.training.paper.losses import PaperLossWeights, reconstruction
from model_core.training.paper.recipe import train as train_on_paper
from model_core.training.paper.recogniser import Recogniser

SMALL = {"width": 16, "heads": 2, "kv_heads": 1, "learning_rate": 3e-3}


def _train(data: Path, output: Path, steps: int, stop: int | None = None, **paper: Any) -> Path:
    """Train a small model; `stop` interrupts it after that step."""

    def report(progress: TrainingProgress) -> None:
        if progress.step == stop:
            raise KeyboardInterrupt

    options = TrainingOptions(
        data=data,
        output=output,
        cache=output.parent / "cache",
        steps=steps,
        seed=0,
        workers=1,
        report=report,
        say=lambda _: None,
        paper=PaperOptions(**SMALL, **paper),
        recipe="vocaset",
    )
    return train_on_paper(options)


def test_the_presets_are_the_paper() -> None:
    paper = PaperOptions()
    assert paper.encoder == "facebook/wav2vec2-base-960h"
    assert paper.tunes
    assert (paper.epochs, paper.learning_rate, paper.arrangement) == (200, 1e-4, "MoE-MoE")
    assert {"default", "vocaset", "biwi", "motions"} <= train.RECIPES.keys()


def test_the_command_line_s_defaults_are_the_presets() -> None:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    assert (
        settings_of(PaperOptions, parser.parse_args(["train", "--config", "vocaset"]))
        == PaperOptions()
    )
    words = [
        "train",
        "--kv-heads",
        "4",
        "--learning-rate",
        "3e-4",
        "--autoregressive",
        "--rope",
        "lrl-rope",
    ]
    changed = PaperOptions(kv_heads=4, learning_rate=3e-4, autoregressive=True, rope="lrl-rope")
    assert settings_of(PaperOptions, parser.parse_args(words)) == changed


def test_every_arrangement_can_be_asked_for() -> None:
    hints = get_type_hints(PaperOptions)
    assert get_args(hints["arrangement"]) == tuple(ARRANGEMENTS)
    assert get_args(hints["rope"]) == get_args(Rope)
    assert get_args(hints["discretisation"]) == get_args(Discretisation)


def test_settings_that_cannot_train() -> None:
    with pytest.raises(UserError, match="at least one step"):
        TrainingConfig(steps=0)
    with pytest.raises(UserError, match="at least one step"):
        TrainingConfig(steps=1, accumulate=0)


@pytest.mark.parametrize("arrangement", TABLE_2)
def test_every_arrangement_learns(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path: Path, arrangement: str
) -> None:
    options = {"encoder": str(tiny_wav2vec2), "freeze_encoder": True, "arrangement": arrangement}
    losses = _losses(_train(small_vocaset, tmp_path / "run", 40, **options))
    assert len(losses) == 40
    assert np.mean(losses[-8:]) < 0.5 * np.mean(losses[:8])  # an epoch is 8 sentences


def test_interrupted_and_resumed_equals_uninterrupted(
    small_vocaset: Path, tiny_wav2vec2: Path, tiny_recogniser: Path, tmp_path: Path
) -> None:
    options = {"encoder": str(tiny_wav2vec2), "recogniser": str(tiny_recogniser), "accumulate": 3}
    whole = _train(small_vocaset, tmp_path / "whole", 8, **options)
    with pytest.raises(KeyboardInterrupt):
        _train(small_vocaset, tmp_path / "cut", 8, stop=5, **options)
    cut = _train(small_vocaset, tmp_path / "cut", 8, **options)
    first, second = (torch.load(run / "last.pt", weights_only=True) for run in (whole, cut))
    assert all(torch.equal(first[name], second[name]) for name in first)
    terms = {row[2] for row in _rows(whole)}
    assert {"position", "velocity", "lip_features", "ctc", "balance"} <= terms


def test_only_the_convolutions_of_a_trained_encoder_stay(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path: Path
) -> None:
    run = _train(small_vocaset, tmp_path / "run", 3, encoder=str(tiny_wav2vec2))
    before = FrameWav2Vec2.pretrained(str(tiny_wav2vec2)).state_dict()
    model = Run.load(run).load_weights(run / "last.pt")
    assert model.encoder is not None
    changed = {
        name: not torch.equal(value, before[name])
        for name, value in model.encoder.state_dict().items()
    }
    assert not any(is_new for name, is_new in changed.items() if "feature_extractor" in name)
    assert changed["model.encoder.layers.0.attention.q_proj.weight"]


def test_autoregressive_and_low_rank_rope_train(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path: Path
) -> None:
    options = {"autoregressive": True, "rope": "lrl-rope", "encoder": str(tiny_wav2vec2)}
    losses = _losses(_train(small_vocaset, tmp_path / "run", 40, freeze_encoder=True, **options))
    assert np.mean(losses[-8:]) < 0.5 * np.mean(losses[:8])


def test_a_run_refuses_weights_that_are_not_its_own(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path: Path
) -> None:
    run = _train(small_vocaset, tmp_path / "run", 1, encoder=str(tiny_wav2vec2))
    torch.save(torch.nn.Linear(2, 2).state_dict(), run / "best.pt")
    with pytest.raises(UserError, match=r"best\.pt does not hold"):
        Run.load(run).load_weights(run / "best.pt")
    (run / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"run\.json"):
        Run.load(run)


def test_encoders_and_recognisers_that_are_not_there(small_vocaset: Path, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    for options in ({"encoder": nowhere}, {"encoder": nowhere, "freeze_encoder": True}):
        with pytest.raises(UserError, match="nowhere"):
            _train(small_vocaset, tmp_path / "run", 1, **options)
    with pytest.raises(UserError, match="nowhere"):
        _train(small_vocaset, tmp_path / "run", 1, encoder="bundled", recogniser=nowhere)


def test_reconstruction_is_the_release_s() -> None:
    predicted, recorded = torch.randn(1, 7, 6), torch.randn(1, 7, 6)
    terms = reconstruction(predicted, recorded, PaperLossWeights())
    error = (predicted - recorded).numpy()
    assert float(terms["position"]) == pytest.approx(1000 * np.mean(error**2), rel=1e-5)
    assert float(terms["velocity"]) == pytest.approx(1000 * np.mean(np.diff(error, axis=1) ** 2))
    still = reconstruction(predicted[:, :1], recorded[:, :1], PaperLossWeights())
    assert float(still["velocity"]) == 0


def test_the_lip_reader_teaches_lips_and_nothing_else() -> None:
    torch.manual_seed(0)
    reader = LipReader(np.array([1, 3]), LipReaderConfig(8, 5, 0, heads=2, layers=1, hidden=16))
    offsets = torch.randn(1, 6, 15, requires_grad=True)
    heard, spelled = torch.randn(1, 10, 8), torch.tensor([[3, 1, 3]])
    features, ctc = reader.losses(offsets, heard, spelled)
    (features + ctc).backward()
    assert offsets.grad is not None
    moved = offsets.grad.unflatten(-1, (5, 3)).abs().sum((0, 1, 3)) > 0
    assert moved.tolist() == [False, True, False, True, False]


def test_the_recogniser_reads_greedily_and_stays_frozen(tiny_recogniser: Path) -> None:
    recogniser = Recogniser.load(str(tiny_recogniser))
    assert (recogniser.width, recogniser.letters, recogniser.blank) == (16, 33, 0)
    samples = np.random.default_rng(0).normal(size=16000).astype(np.float32)
    hearing = recogniser.hear(samples)
    assert hearing.hidden.shape == (49, 16)
    assert (hearing.letters != recogniser.blank).all()
    assert not any(parameter.requires_grad for parameter in recogniser.model.parameters())


def test_frames_of_the_trained_encoder_follow_the_motion(tiny_wav2vec2: Path) -> None:
    encoder = FrameWav2Vec2.pretrained(str(tiny_wav2vec2)).eval()
    samples = torch.randn(2, 16000)
    with torch.no_grad():
        at_50 = encoder(samples, frames=49)
        centred = samples - samples.mean(-1, keepdim=True)
        reference = encoder.model(centred / centred.std(-1, keepdim=True))
        assert encoder(samples, frames=30).shape == (2, 30, 16)
    torch.testing.assert_close(at_50, reference.last_hidden_state, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("fps", "fold"), [(30, 1), (50, 2)])
def test_the_release_s_encoder_can_be_trained_along(fps: int, fold: int) -> None:
    """XLSR's layout, interpolated (VOCASET) and in pairs (BIWI), against the imported release."""
    torch.manual_seed(0)
    sizes = ReleaseEncoderConfig(
        fps=fps,
        fold=fold,
        hidden=64,
        layers=2,
        feed_forward=32,
        channels=(8,) * 7,
        kernels=(10, 3, 3, 3, 3, 2, 2),
        position_kernel=16,
        position_groups=2,
    )
    release = ReleaseEncoder(sizes).eval()
    ours = FrameWav2Vec2(release.wav2vec2, fold).eval()
    samples = torch.randn(16000)
    with torch.no_grad():
        expected = release(samples)  # (T, fold hidden)
        features = ours(samples[None], frames=len(expected))[0]
        longer = ours(samples[None], frames=len(expected) + 1)[0]
    assert ours.channels == expected.shape[1] == 64 * fold
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-5)
    assert longer.shape == (len(expected) + 1, 64 * fold)


def test_pairs_need_25_frames_a_second(small_vocaset: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="25 frames a second"):
        _train(small_vocaset, tmp_path / "run", 1, pairs=True)


def _losses(run: Path) -> list[float]:
    return [float(row[3]) for row in _rows(run) if row[1:3] == ["train", "loss"]]


def _rows(run: Path) -> list[list[str]]:
    with (run / "log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]
