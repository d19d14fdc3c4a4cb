"""`evaluate`: runs and other programs' predictions become rows of the paper's tables."""

import argparse
import csv
import pickle
from pathlib import Path

import numpy as np
import pytest

from model_core.cli import evaluate
from model_core.datasets.biwi import open_biwi
from model_core.datasets.corpora import BIWI
from model_core.datasets.vocaset import open_vocaset
from model_core.errors import UserError
from model_core.evaluation.candidates import (
    CheckpointCandidate,
    PredictedCandidate,
    RunCandidate,
)
from model_core.evaluation.scores import choose_regions, score
from model_core.training.options import TrainingOptions
from model_core.training.paper import train_vocaset
from model_core.training.paper_options import PaperOptions


@pytest.fixture(scope="module")
def runs(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Two short runs: one-shot with a frozen encoder, autoregressive with a trained one."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        train_vocaset(
            TrainingOptions(
                data=small_vocaset,
                output=folder / name,
                cache=folder / "cache",
                steps=8,
                seed=0,
                workers=1,
                report=lambda _: None,
                say=lambda _: None,
                paper=PaperOptions(
                    encoder=str(tiny_wav2vec2),
                    freeze_encoder=name == "frozen",
                    autoregressive=name == "eq1",
                    arrangement="M-MoE" if name == "frozen" else "MoE-MoE",
                    width=16,
                    heads=2,
                    kv_heads=1,
                ),
            )
        )
        for name in ("frozen", "eq1")
    ]


@pytest.fixture
def truth(small_vocaset: Path, tmp_path: Path) -> Path:
    """The recordings themselves, as predictions of another program."""
    dataset = open_vocaset(small_vocaset)
    for sentence in dataset.sentences("test"):
        positions = dataset.offsets(sentence) + dataset.templates[sentence.subject]
        flat = positions.reshape(len(positions), -1)
        np.save(tmp_path / f"{sentence.name}_condition_anna.npy", flat)
        np.save(tmp_path / f"{sentence.name}_condition_ben.npy", flat[:-1])  # a frame short
    return tmp_path


def test_tables_have_a_row_for_each_model(
    small_vocaset: Path, runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _evaluate(small_vocaset, *runs, "--output", tmp_path / "scores") == 0
    printed = capsys.readouterr().out
    for part in ("### Table 1", "### Table 2", "LVE (1e-3 m²)", "| frozen |", "M-MoE (frozen)"):
        assert part in printed
    assert (tmp_path / "scores/scores.md").read_text(encoding="utf-8") == printed
    with (tmp_path / "scores/scores.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["model"] for row in rows] == ["frozen", "eq1"]
    assert all(float(row["LVE (m^2)"]) > 0 for row in rows)
    assert all(float(row["s/epoch"]) > 0 for row in rows)
    assert int(rows[0]["sequences"]) == 2 * 8  # unseen subjects speak in all eight styles
    png = (tmp_path / "scores/scores.png").read_bytes()
    assert png.startswith(b"\x89PNG")


def test_checkpoints_say_what_their_runs_say(small_vocaset: Path, runs: list[Path]) -> None:
    dataset = open_vocaset(small_vocaset)
    sentence = dataset.sentences("train")[0]
    take = dataset.take(sentence)
    for run in runs:
        of_run = RunCandidate(run, dataset, "cpu").predict(sentence, take)
        exported = CheckpointCandidate(run / "checkpoint", dataset, "cpu")
        of_checkpoint = exported.predict(sentence, take)
        assert of_run.keys() == of_checkpoint.keys() == set(dataset.styles)
        for style in dataset.styles:
            gap = np.linalg.norm(of_run[style] - of_checkpoint[style], axis=-1).max()
            assert gap < 1e-4  # metres: the tolerance of factorised motion is 0.05 mm


def test_seen_subjects_speak_in_their_own_style(
    small_vocaset: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _evaluate(small_vocaset, runs[0], "--split", "train") == 0
    assert "8 sequences" in capsys.readouterr().out


def test_the_recordings_themselves_score_zero(small_vocaset: Path, truth: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    regions = choose_regions(dataset, None, None)
    row = score(PredictedCandidate(truth, dataset), dataset, "test", regions)
    assert row.vertices.sequences == 4
    assert row.vertices.lve == pytest.approx(0, abs=1e-8)  # but for the frame that is held
    assert row.vertices.lip_error_mm < 0.2
    assert row.lips is not None
    assert row.lips.closure_recall == 1
    assert abs(row.lips.lag_ms) < 2
    assert row.diversity_mm < 0.1


def test_index_lists_change_what_is_counted(small_vocaset: Path, truth: Path) -> None:
    masks = truth / "FLAME_masks.pkl"
    content = {name: np.array([3533, 3504]) for name in ("lips", "forehead", "eye_region")}
    masks.write_bytes(pickle.dumps(content, 2))
    regions = choose_regions(open_vocaset(small_vocaset), str(masks), str(masks))
    assert regions.lips.tolist() == [3533, 3504]
    assert regions.upper.tolist() == [3533, 3504] * 2
    assert "FLAME_masks.pkl" in regions.source


def test_meshes_without_regions_need_lists(tmp_path: Path) -> None:
    (tmp_path / "vertices_npy").mkdir()
    face = np.zeros((3895, 3), np.float32)
    (tmp_path / "templates.pkl").write_bytes(pickle.dumps(dict.fromkeys(BIWI.styles, face), 2))
    with pytest.raises(UserError, match="--lips and --upper"):
        choose_regions(open_biwi(tmp_path), None, None)


def test_folders_that_are_no_model(small_vocaset: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training run"):
        _evaluate(small_vocaset, tmp_path)
    with pytest.raises(UserError, match="nowhere"):
        _evaluate(small_vocaset, tmp_path / "nowhere")
    np.save(tmp_path / "somebody.npy", np.zeros((3, 15069)))
    with pytest.raises(UserError, match=r"no prediction FaceTalk_170809_00138_TA_sentence21\.npy"):
        _evaluate(small_vocaset, tmp_path)


def _evaluate(data: Path, *words: object) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *map(str, words), "--data", str(data)])
    code: int = args.func(args)
    return code
