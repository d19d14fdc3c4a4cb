"""The builder: the committed rig is what it makes, and its parts do what their names say."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")

from model_core.base.assets import DEMO_HEAD, FACE_RIG
from model_core.rig.build_rig import main
from model_core.rig.rig import load_face_rig
from model_core.rig.transfer.alignment import fit_frame, thin_plate_warp
from model_core.rig.transfer.closest import closest_points


@pytest.mark.shared
def test_building_again_gives_the_committed_files(shared_dir: Path, tmp_path: Path) -> None:
    rig, head = tmp_path / "rig.npz", tmp_path / "head.npz"
    data = str(shared_dir / "face")
    assert main(["--face-data", data, "-o", str(rig), "--demo-head", str(head)]) == 0
    for made, kept in ((rig, FACE_RIG), (head, DEMO_HEAD)):
        with np.load(made) as new, np.load(kept) as old:
            assert set(new.files) == set(old.files)
            for name in old.files:
                if old[name].dtype.kind == "f":
                    assert np.abs(new[name].astype(float) - old[name]).max() < 1e-4, name
                else:
                    assert np.array_equal(new[name], old[name]), name


@pytest.mark.shared
def test_shapes_move_what_an_independent_transfer_moves(shared_dir: Path) -> None:
    rig = load_face_rig()
    with np.load(shared_dir / "face" / "reference_transfer.npz") as stored:
        reference = stored["deltas"].astype(float)
    for k, name in enumerate(rig.names):
        if name in {"mouthPucker", "mouthFunnel"} or name.startswith("eyeLook"):
            continue
        own = rig.basis[k].astype(float)
        cosine = (own * reference[k]).sum() / np.linalg.norm(own) / np.linalg.norm(reference[k])
        assert cosine > 0.9, name


def test_missing_material_is_named_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "rig.npz"
    assert main(["--face-data", str(tmp_path), "-o", str(output)]) == 2
    assert "flame2023_open.npz" in capsys.readouterr().err
    assert not output.exists()


def test_similarity_recovers_a_known_one() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(12, 3))
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    frame = fit_frame(points, 2.5 * points @ turn.T + [1, 2, 3])
    assert frame.scale == pytest.approx(2.5)
    assert np.allclose(frame.rotation, turn)
    assert np.allclose(frame.shift, [1, 2, 3])


def test_the_warp_carries_landmarks_exactly_and_affine_maps_everywhere() -> None:
    random = np.random.default_rng(0)
    source, points = random.normal(size=(12, 3)), random.normal(size=(50, 3))
    target = source + 0.1 * random.normal(size=(12, 3))
    assert np.allclose(thin_plate_warp(source, target, source), target)
    matrix = np.eye(3) + 0.2 * random.normal(size=(3, 3))
    assert np.allclose(thin_plate_warp(source, source @ matrix, points), points @ matrix)


def test_closest_points_lie_on_the_surface_and_beat_every_sample_of_it() -> None:
    rig = load_face_rig()
    vertices, faces = rig.neutral.astype(float), rig.faces.astype(np.int64)
    random = np.random.default_rng(0)
    points = vertices[random.integers(0, 3931, 40)] + random.normal(0, 0.003, (40, 3))
    found = closest_points(points, vertices, faces)
    assert np.allclose(found.weights.sum(axis=1), 1.0)
    assert found.weights.min() >= 0.0
    distances = np.linalg.norm(found.sample(vertices) - points, axis=1)
    centres = np.concatenate([vertices, vertices[faces].mean(axis=1)])
    sampled = np.linalg.norm(points[:, None] - centres[None], axis=2).min(axis=1)
    assert (distances <= sampled + 1e-9).all()
