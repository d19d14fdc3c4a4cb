"""`evaluate`: runs and other programs' predictions become rows of the paper's tables."""

import argparse
import csv
import pickle
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.cli import evaluate
from model_core.datasets.biwi import open_biwi
from model_core.datasets.corpora import BIWI
from model_core.datasets.vocaset import open_vocaset
from model_core.evaluation.candidates import (
    CheckpointCandidate,
    PredictedCandidate,
    RunCandidate,
    open_candidate,
)
from model_core.evaluation.metrics.vertex import VertexAccumulator
from model_core.evaluation.scores import Row, choose_regions, score
from model_core.evaluation.tables import root_mm, to_markdown
from model_core.formats.registry import MOTION_FORMATS, write_motion
from model_core.models.talking_head.options import PaperOptions
from model_core.motion.factorise import factorise
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.training.options import TrainingOptions
from model_core.training.paper.recipe import train


@pytest.fixture(scope="module")
def runs(
    small_vocaset: Path, tiny_wav2vec2: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Two short runs: one-shot with a frozen encoder, autoregressive with a trained one."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        train(
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
                recipe="vocaset",
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
    for part in ("### Table 1", "### Table 2", "LVE (1e-5 m²)", "| frozen |", "M-MoE (frozen)"):
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
    take = dataset.recorded(sentence)
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
    assert row.between_styles_mm < 0.1


def _predict_recordings(
    data: Path, folder: Path, keep: slice = slice(None), fps: float = 30.0
) -> None:
    """The recordings at another rate, by linear interpolation, as another program's predictions."""
    dataset = open_vocaset(data)
    folder.mkdir(exist_ok=True)
    for sentence in dataset.sentences("test"):
        positions = dataset.offsets(sentence) + dataset.templates[sentence.subject]
        flat = positions.reshape(len(positions), -1)
        at = np.arange(round(len(flat) / 30 * fps)) * 30 / fps
        low = np.floor(at).astype(int).clip(max=len(flat) - 1)
        high = np.minimum(low + 1, len(flat) - 1)
        part = (at - low)[:, None]
        np.save(folder / f"{sentence.name}.npy", ((1 - part) * flat[low] + part * flat[high])[keep])


def _row(data: Path, folder: Path, fps: float | None = None) -> Row:
    dataset = open_vocaset(data)
    candidate = open_candidate(folder, dataset, "cpu", fps)
    return score(candidate, dataset, "test", choose_regions(dataset, None, None))


def test_predictions_at_the_rate_of_the_recordings_are_thinned_out(
    small_vocaset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = open_vocaset(small_vocaset)
    for sentence in dataset.sentences("test"):
        positions = dataset.positions(sentence)  # 60 a second
        np.save(tmp_path / f"{sentence.name}.npy", positions.reshape(len(positions), -1))
    row = _row(small_vocaset, tmp_path)
    assert (row.vertices.lve, row.vertices.fdd, row.vertices.mve_mm) == (0, 0, 0)
    assert row.lips is not None
    assert (row.lips.closure_recall, row.lips.opening_error_mm) == (1, 0)
    assert _evaluate(small_vocaset, tmp_path) == 0
    assert "2 of 2 predictions had as many frames as the recordings have (60 a second)" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("fps", [24.0, 25.0, 50.0, 120.0])
def test_predictions_at_another_rate_are_refused_until_it_is_told(
    small_vocaset: Path, tmp_path: Path, fps: float
) -> None:
    _predict_recordings(small_vocaset, tmp_path, fps=fps)
    with pytest.raises(UserError, match=rf"taken at 30.*--predictions-fps {fps:g}\."):
        _row(small_vocaset, tmp_path)
    row = _row(small_vocaset, tmp_path, fps)
    assert row.vertices.mve_mm < 0.3  # what interpolation loses of 0.6 s of fast speech
    assert row.vertices.frames == 2 * 18
    with pytest.raises(UserError, match="frame rate is not the one given"):
        _row(small_vocaset, tmp_path, 10.0)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_few_frames_less_are_held_and_told(
    small_vocaset: Path, tmp_path: Path, cut: int, capsys: pytest.CaptureFixture[str]
) -> None:
    _predict_recordings(small_vocaset, tmp_path, slice(None, -cut))
    assert _evaluate(small_vocaset, tmp_path) == 0
    assert f"2 of 2 predictions were up to {cut} frames shorter" in capsys.readouterr().out


def test_predictions_of_half_a_sentence_are_refused(small_vocaset: Path, tmp_path: Path) -> None:
    _predict_recordings(small_vocaset, tmp_path, slice(None, 1))
    with pytest.raises(UserError, match=r"1 frames for a recording of 0\.60 s"):
        _row(small_vocaset, tmp_path)


@pytest.mark.parametrize("fps", [-1.0, 0.0, float("nan"), float("inf")])
def test_impossible_rates_of_predictions(small_vocaset: Path, truth: Path, fps: float) -> None:
    with pytest.raises(UserError, match="frame rate must"):
        _row(small_vocaset, truth, fps)


def test_motions_are_predictions_too_at_any_rate(small_vocaset: Path, tmp_path: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    for sentence in dataset.sentences("test"):
        at_60 = dataset.positions(sentence) - dataset.templates[sentence.subject]
        motion, _ = factorise(at_60, 60.0, tolerance_mm=0.001)
        motion.save(tmp_path / f"ours_{sentence.name}.npz")
    row = _row(small_vocaset, tmp_path)
    assert row.vertices.mve_mm < 0.01
    assert row.vertices.frames == 2 * 18


@pytest.mark.parametrize("name", ["csv", "livelink", "a2f", "a2f-csv"])
def test_motions_of_other_programs_are_predictions_too(
    name: str, small_vocaset: Path, tmp_path: Path
) -> None:
    dataset = open_vocaset(small_vocaset)
    sentence = dataset.sentences("test")[0]
    recorded = dataset.recorded(sentence)
    seconds = np.arange(len(recorded.offsets)) / dataset.fps
    shapes = ("jawOpen", "mouthPucker")
    weights = 0.3 + 0.2 * np.sin(seconds[:, None] * [5.0, 9.0]).astype(np.float32)
    motion = Motion(dataset.fps, shapes, load_face_rig().select(shapes), weights)
    write_motion(motion, tmp_path / f"{sentence.name}{MOTION_FORMATS[name].suffix}", name)
    (found,) = PredictedCandidate(tmp_path, dataset).predict(sentence, recorded).values()
    np.testing.assert_allclose(found, motion.offsets(), atol=1e-7)


def test_names_of_predictions(small_vocaset: Path, tmp_path: Path) -> None:
    dataset = open_vocaset(small_vocaset)
    sentence = dataset.sentences("test")[0]
    take = dataset.recorded(sentence)
    positions = (take.offsets + dataset.templates[sentence.subject]).reshape(len(take.offsets), -1)
    for name in ("", "_condition_anna", "_ben"):
        np.save(tmp_path / f"{sentence.name}{name}.npy", positions)
    np.save(tmp_path / f"{sentence.name}0.npy", positions[:1])  # another sentence
    (tmp_path / f"._{sentence.name}_condition_cat.npy").write_bytes(b"left by macOS")
    candidate = PredictedCandidate(tmp_path, dataset)
    assert set(candidate.predict(sentence, take)) == {sentence.name, "anna", "ben"}
    np.save(tmp_path / f"facediffuser_{sentence.name}_condition_anna.npy", positions)
    with pytest.raises(UserError, match="predict the same"):
        PredictedCandidate(tmp_path, dataset).predict(sentence, take)


def test_predictions_that_are_not_finite_or_of_another_mesh(
    small_vocaset: Path, truth: Path
) -> None:
    path = sorted(truth.glob("*_anna.npy"))[0]
    positions = np.load(path)
    np.save(path, np.where(np.arange(positions.shape[1]) == 7, np.nan, positions))
    with pytest.raises(UserError, match=rf"{path.name} holds numbers that are not finite"):
        _row(small_vocaset, truth)
    np.save(path, positions[:, :-3])
    with pytest.raises(UserError, match=rf"{path.name} has shape"):
        _row(small_vocaset, truth)


def test_units_by_hand(small_vocaset: Path) -> None:
    """A lip vertex 4 mm off in each frame: 4 mm squared is 16 mm², which is 1.6e-5 m²."""
    assert root_mm(1.6e-5) == pytest.approx(4.0)
    recorded = np.zeros((5, 3, 3))
    predicted = recorded.copy()
    predicted[:, 0] = (0.0, 0.0, 0.004)  # metres; vertex 1, on the lips too, is not off
    pool = VertexAccumulator(np.array([0, 1]), np.array([2]), 1.0)
    pool.add(predicted, recorded)
    scores = pool.finish()
    assert scores.lve == pytest.approx(1.6e-5)
    text = to_markdown([Row("mine", None, None, scores, None, 0.0)], "m", "by hand", "vocaset")
    assert "| model | LVE (1e-5 m²) | √LVE (mm) | FDD (1e-7 m²) |" in text
    assert "| mine | 1.6 | 4 | 0 |" in text
    assert "| FaceFormer (published) | 4.109 | 6.41 | - |" in text
    assert root_mm(4.109e-5) == pytest.approx(6.41, abs=0.001)


def test_figures_that_compare_with_none_stand_apart() -> None:
    scores = VertexAccumulator(np.array([0]), np.array([1]), 1.0)
    scores.add(np.zeros((2, 2, 3)), np.zeros((2, 2, 3)))
    row = Row("mine", "MoE-MoE", 1.0, scores.finish(), None, 0.0)
    ours, _, printed = to_markdown([row], "m", "", "vocaset").partition("### Figures of arXiv")
    assert "1.796" not in ours
    assert "| JambaTalk | 1.796 | 0.2167 |" in printed
    assert "| MoE-MoE | 1.796 | 0.2167 | 48 |" in printed
    assert "LVE, printed as 1e-3 mm" in printed
    assert root_mm(1.7956e-3) == pytest.approx(42.4, abs=0.05)  # what the note says
    assert "lips 42 mm off" in printed
    assert "compare with none" in printed
    assert "(published)" not in to_markdown([row], "m", "", "motions")


def test_what_is_published_of_biwi_stands_beside() -> None:
    scores = VertexAccumulator(np.array([0]), np.array([1]), None)
    scores.add(np.full((2, 2, 3), 0.01), np.zeros((2, 2, 3)))
    text = to_markdown([Row("mine", None, None, scores.finish(), None, 0.0)], "unit", "", "biwi")
    ours, _, ablations = text.partition("### Tables 3 and 4 of arXiv 2408.01826")
    assert "| mine | 3 | - | 0 |" in ours  # 3 x 0.01² is 3e-4
    assert "| GLDiTalker (published) | 4.644 | - | 3.847 |" in ours
    assert "BIWI-Test-A" in ours
    assert "| MLP encoder | 4.891 | 4.338 | 8.425 |" in ablations
    assert "| 9, 1, 4 | 4.774 | 3.74 | - |" in ablations


def test_columns_of_the_release_script_are_no_lips() -> None:
    columns = np.r_[94:114, 146:178, 183:192]
    assert len(columns) == 61
    vertices = np.unique(columns // 3)
    assert (vertices[0], vertices[-1]) == (31, 63)
    regions = load_face_rig().regions
    for name in ("outer_lips", "inner_lips", "mouth"):
        assert not np.intersect1d(vertices, regions[name]).size


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
