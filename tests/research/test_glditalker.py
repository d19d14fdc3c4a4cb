"""GLDiTalker's two stages train, resume, ablate, and end in a checkpoint that draws takes."""

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_core.base.errors import UserError
from model_core.cli import train as train_command
from model_core.cli.dataclass_arguments import settings_of
from model_core.datasets.vocaset import open_vocaset
from model_core.evaluation.candidates import open_candidate
from model_core.evaluation.scores import choose_regions, score
from model_core.models.checkpoint import load_checkpoint
from model_core.models.glditalker.config import DiffusionConfig, GLDiTalkerConfig, SpaceConfig
from model_core.models.glditalker.options import GldOptions
from model_core.models.glditalker.space import QuantisedSpace
from model_core.models.predictor import Predictor
from model_core.models.talking_head.options import PaperOptions
from model_core.training.loop import TrainingConfig, _rate
from model_core.training.options import TrainingOptions
from model_core.training.registry import train
from tests.stopping import stopping

STEPS = 16
TINY: dict[str, Any] = {
    "channels": (4, 4, 8, 8),
    "space_width": 16,
    "space_layers": 1,
    "parts": 4,
    "code_width": 4,
    "denoiser_width": 16,
    "noise_steps": 20,
    "draws": 4,
    "speech_encoder": "bundled",
}


def _train(data: Path, output: Path, steps: int, stop: int = 0, **gld: Any) -> Path:
    """Train a tiny model; `stop` interrupts it after so many steps of both stages in all."""
    options = TrainingOptions(
        data=data,
        output=output,
        cache=data.parent / "gld-cache",
        steps=steps,
        seed=0,
        workers=1,
        report=stopping(stop),
        say=lambda _: None,
        paper=PaperOptions(learning_rate=3e-3),
        gld=GldOptions(**TINY | gld),
        recipe="gld-vocaset",
    )
    return train(options)


def _terms(folder: Path, term: str, split: str = "train") -> list[float]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [float(row[3]) for row in csv.reader(file) if row[1:3] == [split, term]]


@pytest.fixture(scope="module")
def run(small_vocaset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs of the eight training sentences in each stage."""
    return _train(small_vocaset, tmp_path_factory.mktemp("gld") / "run", STEPS)


def test_the_presets_are_the_paper() -> None:
    gld = GldOptions()
    assert (gld.kernel, gld.dilation, gld.layers, gld.vertex_encoder) == (9, 2, 4, "graph")
    assert gld.speech_encoder == "facebook/hubert-base-ls960"
    space = SpaceConfig(vertices=5023, rows=(983, 246, 62, 16))
    assert (space.latent, space.codes, space.parts) == (1024, 256, 16)
    parser = argparse.ArgumentParser()
    train_command.add_parser(parser.add_subparsers())
    words = ["train", "--config", "gld-biwi", "--channels", "8", "8", "--layers", "2"]
    assert settings_of(GldOptions, parser.parse_args(words)) == GldOptions(
        channels=(8, 8), layers=2
    )


def test_the_rate_is_halved() -> None:
    rate = _rate(TrainingConfig(steps=10, halve_every=4))
    assert [rate(step) for step in (0, 3, 4, 8)] == [1, 1, 0.5, 0.25]


def test_both_stages_learn(run: Path) -> None:
    for stage, term in (("space", "l1"), ("latents", "latents")):
        values = _terms(run / stage, term)
        assert len(values) == STEPS
        assert np.mean(values[-8:]) < 0.9 * np.mean(values[:8])
    (last,) = _terms(run / "space", "error_mm", "valid")[-1:]
    assert 0 < last < 5


def test_killed_and_resumed_equals_undisturbed(
    run: Path, small_vocaset: Path, tmp_path: Path
) -> None:
    for stop in (11, 8 + 11):  # in the first stage, which goes on from 8, and in the second
        with pytest.raises(KeyboardInterrupt):
            _train(small_vocaset, tmp_path / "cut", STEPS, stop)
    assert not (tmp_path / "cut" / "checkpoint").exists()
    _train(small_vocaset, tmp_path / "cut", STEPS)
    for stage in ("space", "latents"):
        whole, cut = (
            torch.load(folder / stage / "last.pt", weights_only=True)
            for folder in (run, tmp_path / "cut")
        )
        assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_a_checkpoint_draws_takes(run: Path, small_vocaset: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    samples = dataset.recorded(dataset.sentences("test")[0]).samples
    predictor = Predictor.load(run / "checkpoint")
    assert predictor.styles == dataset.styles
    first, again, other = (predictor.predict(samples, take=take).offsets() for take in (0, 0, 1))
    assert first.shape == (18, 5023, 3)
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6
    half, none = (
        predictor.predict(samples, take=1, variation=variation).offsets() for variation in (0.5, 0)
    )
    assert np.array_equal(none, first)
    assert 0 < np.abs(half - first).mean() < np.abs(other - first).mean()


def test_stage_1_is_part_of_the_checkpoint(run: Path) -> None:
    """What a checkpoint rebuilds without the mesh is what was trained with it."""
    config = GLDiTalkerConfig.of(load_checkpoint(run / "checkpoint").config["model"])
    assert config.space is not None
    assert config.space.rows == (983, 246, 62, 16)
    space = QuantisedSpace(config.space)
    space.load_state_dict(torch.load(run / "space" / "best.pt", weights_only=True))
    motion = 0.002 * torch.randn(1, 6, 5023, 3)
    latents = space.eval().latents(motion)
    assert torch.equal(space.quantised(latents), latents)
    parts = space.quantiser.nearest(latents.unflatten(-1, (4, 4)))
    assert torch.equal(space.quantiser.decode(parts).flatten(2), latents)
    assert int(space.encode_vertices.layers[0].spirals.max()) > 3000  # type: ignore[index, union-attr]


def test_a_run_is_a_row_of_the_tables(run: Path, small_vocaset: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    candidate = open_candidate(run, dataset, "cpu")
    row = score(candidate, dataset, "test", choose_regions(dataset, None, None), takes=2)
    assert row.name == "run"
    assert row.between_takes_mm > 0
    assert 0 < row.vertices.lve < 1e-3


@pytest.mark.parametrize(
    "ablation",
    [
        {"vertex_encoder": "mlp"},
        {"without_stage_1": True},
        {"kernel": 5, "dilation": 1, "layers": 2, "pooling": "plain", "requantise": True},
    ],
    ids=["mlp", "vertices", "spirals"],
)
def test_ablations(small_vocaset: Path, tmp_path: Path, ablation: dict[str, Any]) -> None:
    run = _train(small_vocaset, tmp_path / "run", 2, **ablation)
    config = GLDiTalkerConfig.of(load_checkpoint(run / "checkpoint").config["model"])
    assert (config.space is None) == ("without_stage_1" in ablation)
    if config.space is not None:
        assert config.space.rows == {"mlp": ()}.get(ablation.get("vertex_encoder", ""), (1256, 314))
    noise = np.zeros(4000, np.float32)
    assert np.isfinite(Predictor.load(run / "checkpoint").predict(noise).offsets()).all()


def test_what_cannot_be_trained(small_vocaset: Path, tmp_path: Path) -> None:
    for wrong, message in (
        ({"layers": 0}, "1 or more"),
        ({"channels": (4, 4)}, "4 graph layers need as many --channels"),
        ({"space_width": 15}, "even multiple"),
        ({"mesh": "nothing.ply"}, "nothing.ply"),
        ({"speech_encoder": str(tmp_path / "nowhere")}, "nowhere"),
    ):
        with pytest.raises(UserError, match=message):
            _train(small_vocaset, tmp_path / "run", 1, **wrong)
    with pytest.raises(UserError, match="width"):
        DiffusionConfig(latent=8, inputs=4, styles=1, period=30, width=0)
