"""BIWI and folders of motions go through the same training and evaluation."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.datasets.biwi import open_biwi
from model_core.datasets.corpora import BIWI
from model_core.datasets.motion_folder import MotionFolder
from model_core.evaluation.candidates import RunCandidate
from model_core.evaluation.scores import choose_regions, score
from model_core.evaluation.tables import to_markdown
from model_core.models.talking_head.options import PaperOptions
from model_core.models.talking_head.run import Run
from model_core.motion.motion import Motion
from model_core.training.options import TrainingOptions
from model_core.training.paper.recipe import train
from tests.quiet_training import quiet_options


@pytest.fixture
def options(tiny_wav2vec2: Path, tmp_path: Path) -> TrainingOptions:
    """A short run on ``data``, in the folder of the test."""
    paper = PaperOptions(
        encoder=str(tiny_wav2vec2), freeze_encoder=True, width=16, heads=2, kv_heads=1
    )
    places = (tmp_path / name for name in ("data", "run", "cache"))
    return quiet_options(*places, steps=4, paper=paper)


def test_biwi(options: TrainingOptions) -> None:
    rng = np.random.default_rng(0)
    for folder in ("vertices_npy", "wav"):
        (options.data / folder).mkdir(parents=True)
    faces = {subject: rng.normal(size=(3895, 3)).astype(np.float32) for subject in BIWI.styles}
    (options.data / "templates.pkl").write_bytes(pickle.dumps(faces, 2))
    for subject, face in faces.items():
        for sentence in ("e01", "e33", "e37"):
            frames = face + 0.01 * rng.normal(size=(12, 1, 3))
            stem = f"{subject}_{sentence}"
            np.save(options.data / f"vertices_npy/{stem}.npy", frames.reshape(12, -1))
            soundfile.write(options.data / f"wav/{stem}.wav", rng.normal(size=7680) / 9, 16000)
    paper = replace(options.paper, freeze_encoder=False, pairs=True)
    run = train(replace(options, recipe="biwi", paper=paper))
    decoder = Run.load(run).decoder
    assert decoder["inputs"] == 2 * 16  # of an encoder of 16
    assert (decoder["fps"], decoder["styles"], decoder["outputs"]) == (25.0, 6, 3895 * 3)
    lists = options.data / "lve.txt"
    lists.write_text("1, 2, 3", encoding="utf-8")
    dataset = open_biwi(options.data)
    regions = choose_regions(dataset, str(lists), str(lists))
    row = score(RunCandidate(run, dataset, "cpu"), dataset, "test", regions)
    assert row.vertices.sequences == 6
    assert row.vertices.lve > 0
    table = to_markdown([row], "unit", regions.source, "biwi")
    assert "| FaceFormer (published) | 5.308 | - | 4.641 |" in table
    assert "2408.01627" not in table  # the paper prints figures of VOCASET
    assert "| run | " in table
    assert " - |" in table  # millimetres and lips are not known on this mesh


def test_motions(options: TrainingOptions) -> None:
    rng = np.random.default_rng(0)
    basis = 1e-3 * rng.normal(size=(2, 5023, 3)).astype(np.float32)
    for index in range(6):
        path = options.data / ("anna" if index % 2 else "ben") / f"{index}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        Motion(25.0, ("a", "b"), basis, rng.random((12, 2)).astype(np.float32)).save(path)
        soundfile.write(path.with_suffix(".wav"), rng.normal(size=7680) / 9, 16000)
    run = train(replace(options, recipe="motions", steps=2))
    assert Run.load(run).styles == ("anna", "ben")
    dataset = MotionFolder(options.data)
    regions = choose_regions(dataset, None, None)
    row = score(RunCandidate(run, dataset, "cpu"), dataset, "test", regions)
    assert row.vertices.sequences == 1
    assert row.vertices.mve_mm > 0
