"""The made-up VOCASET: faces of its own for each subject, the same for a seed."""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.cli import make_vocaset as command
from model_core.datasets.identities import identities
from model_core.datasets.pickles import read_pickle
from model_core.datasets.vocaset import open_vocaset
from model_core.rig.rig import load_face_rig


def test_subjects_have_faces_of_their_own() -> None:
    faces = identities(12, np.random.default_rng(0))
    neutral = load_face_rig().neutral
    gaps = [np.abs(a - b).max() for i, a in enumerate(faces) for b in [neutral, *faces[:i]]]
    assert min(gaps) > 1e-3
    assert max(gaps) < 0.06  # metres: all still of human size


def test_faces_from_flame_s_identity_shapes(shared_dir: Path) -> None:
    faces = identities(3, np.random.default_rng(0), shared_dir / "face" / "flame2023_open.npz")
    neutral = load_face_rig().neutral
    assert all(0.001 < np.abs(face - neutral).max() < 0.06 for face in faces)


def test_a_model_of_another_mesh_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, v_template=np.zeros((10, 3)), shapedirs=np.zeros((10, 3, 2)))
    with pytest.raises(UserError, match=r"other\.npz is not on FLAME's topology"):
        identities(1, np.random.default_rng(0), path)
    path.write_bytes(b"not an archive")
    with pytest.raises(UserError, match=r"other\.npz"):
        identities(1, np.random.default_rng(0), path)


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite")
def test_the_command_speaks_with_flite(tmp_path: Path) -> None:
    words = ["make-vocaset", str(tmp_path), "--sentences", "1", "--seed", "3"]
    assert _run(words) == 0
    dataset = open_vocaset(tmp_path)
    takes = [dataset.recorded(dataset.sentences(split)[0]) for split in ("train", "val", "test")]
    assert all(len(take.samples) / 16000 > 1.5 for take in takes)
    assert all(0.002 < np.abs(take.offsets).max() < 0.05 for take in takes)
    first = read_pickle(tmp_path / "templates.pkl")
    assert _run(words) == 0
    again = read_pickle(tmp_path / "templates.pkl")
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_speech_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--sentences"):
        _run(["make-vocaset", str(tmp_path), "--sentences", "0"])
    with pytest.raises(UserError, match="corpus"):
        _run(["make-vocaset", str(tmp_path / "out"), "--corpus", str(tmp_path)])
    assert not (tmp_path / "out").exists()


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(words)
    code: int = args.func(args)
    return code
