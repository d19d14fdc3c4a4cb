"""The rig's shapes on heads of other topologies: lips that close, open and are not torn."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.rig.geometry import Geometry
from model_core.rig.mesh import flipped
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, INNER_LIP_PAIRS
from model_core.rig.transfer.head_mesh import triangles
from model_core.rig.transfer.result import TransferredShapes
from model_core.rig.transfer.run import shape_names, transfer_shapes

from .heads import (
    TO_Z_UP,
    babble,
    ball,
    demo_head_cut_finer,
    flame_openings,
    geometry,
    offset_of,
    openings,
)

SCALE = 100.0
PICKED = {"nose_tip": 3564, "chin": 3400, "mouth_left": 1712, "mouth_right": 2827}


@lru_cache(maxsize=1)
def centimetre_head() -> TransferredShapes:
    """Return the shapes on the demo head cut finer, in centimetres, with Z up.

    It has gums of one piece in its mouth, after all other vertices.
    """
    points, faces = demo_head_cut_finer()
    gums, quads = ball((0.0, 0.0, 0.0), 1.0)
    gums = gums * [0.018, 0.014, 0.012] + points[3533] - [0.0, 0.0, 0.018]
    cut = np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]) + len(points)
    points, faces = np.concatenate([points, gums]), np.concatenate([faces, cut])
    return transfer_shapes(geometry(SCALE * points @ TO_Z_UP.T + [3.0, 4.0, 5.0], faces))


def test_the_face_is_found_however_it_lies() -> None:
    shapes = centimetre_head()
    assert shapes.quality.way == "registered"
    assert shapes.quality.confidence > 0.9
    assert shapes.quality.warnings == ()
    points = shapes.geometry.points
    for name, vertex in (("nose_tip", 3564), ("upper_lip", 3531), ("mouth_left", 1712)):
        away = np.linalg.norm(np.array(shapes.landmarks[name]) - points[vertex])
        assert away < 0.006 * SCALE, name
    assert len([part for part in shapes.quality.left_out if part.startswith("an eye")]) == 2


def test_lips_close_and_open_as_flames_do() -> None:
    shapes, weights = centimetre_head(), babble()
    upper, lower = (list(side) for side in zip(*INNER_LIP_PAIRS, strict=True))
    up = TO_Z_UP @ np.array([0.0, 1.0, 0.0])
    got = 1000 / SCALE * openings(shapes, weights, up, upper, lower)
    wanted = 1000 * flame_openings(weights)
    assert np.corrcoef(got, wanted)[0, 1] > 0.99
    assert (got[wanted < 0.5] < CLOSED_MM).mean() > 0.95
    assert (got[wanted > 1.5] < CLOSED_MM).mean() <= 0.015


def test_lips_are_sealed_all_along_and_do_not_cross() -> None:
    shapes, rig = centimetre_head(), load_face_rig()
    assert shapes.quality.lips_separated
    moved = (offset_of(shapes, "jawOpen") + offset_of(shapes, "mouthClose")) @ TO_Z_UP / SCALE
    upper, lower = rig.regions["inner_lips_upper"], rig.regions["inner_lips_lower"]
    x = rig.neutral[:, 0]
    near = np.abs(x[upper, None] - x[None, lower]) < 0.002
    near &= np.abs(x[upper, None]) < 0.018
    above, below = np.nonzero(near)
    change = (moved[upper[above], 1] - moved[lower[below], 1]) * 1000
    assert np.abs(change).max() < 1.5
    assert np.median(np.abs(change)) < 0.15


def test_what_shapes_move_is_what_they_move_on_flame() -> None:
    shapes, rig = centimetre_head(), load_face_rig()
    for name in shape_names():
        own = offset_of(shapes, name)[:3931] @ TO_Z_UP / SCALE
        flame = rig.basis[rig.names.index(name), :3931].astype(np.float64)
        seen = np.ones(3931, bool)
        seen[rig.regions["oral"]] = False
        cosine = (own[seen] * flame[seen]).sum() / np.linalg.norm(own[seen])
        cosine /= np.linalg.norm(flame[seen])
        assert cosine > 0.9, name


def test_no_triangle_in_sight_turns_over_in_open_and_closed_mouths() -> None:
    shapes, rig = centimetre_head(), load_face_rig()
    faces = triangles(shapes.geometry)
    faces = faces[~np.isin(faces, rig.regions["oral"]).any(axis=1)]
    points = shapes.geometry.points.astype(np.float64)
    for pose in ({"jawOpen": 0.5}, {"jawOpen": 0.3, "mouthClose": 0.3}, {"mouthPucker": 0.8}):
        offsets = sum(weight * offset_of(shapes, name) for name, weight in pose.items())
        assert flipped(points, points + offsets, faces).sum() <= 6, pose


def test_gums_of_both_jaws_open_with_the_mouth() -> None:
    shapes = centimetre_head()
    assert any(part.startswith("gums") for part in shapes.quality.carried)
    count = len(ball((0.0, 0.0, 0.0), 1.0)[0])
    gums = shapes.geometry.points[-count:].astype(np.float64) @ TO_Z_UP / SCALE
    fall = -(offset_of(shapes, "jawOpen")[-count:] @ TO_Z_UP)[:, 1] / SCALE
    high = gums[:, 1] > np.quantile(gums[:, 1], 0.7)
    low = gums[:, 1] < np.quantile(gums[:, 1], 0.3)
    assert np.abs(fall[high]).max() < 1e-4
    assert fall[low].min() > 0.008
    assert np.abs(offset_of(shapes, "mouthPucker")[-count:]).max() == 0.0


def test_a_blink_closes_the_lids() -> None:
    shapes, rig = centimetre_head(), load_face_rig()
    lids = rig.regions["eyelids"]
    lids = lids[rig.neutral[lids, 0] > 0]
    drop = offset_of(shapes, "eyeBlinkLeft")[lids] @ TO_Z_UP[:, 1] / SCALE
    assert -0.015 < drop.min() < -0.006


def test_picked_landmarks_are_enough_and_survive_a_file(tmp_path: Path) -> None:
    points, faces = demo_head_cut_finer()
    shapes = transfer_shapes(geometry(points, faces), PICKED)
    assert shapes.quality.lips_separated
    shapes.save(tmp_path / "shapes.npz")
    again = TransferredShapes.load(tmp_path / "shapes.npz")
    assert again.names == shapes.names == shape_names()
    assert again.quality == shapes.quality
    assert again.landmarks == shapes.landmarks
    assert np.array_equal(again.offsets, shapes.offsets)
    assert np.array_equal(again.geometry.totals, shapes.geometry.totals)


@pytest.mark.parametrize(
    ("picked", "said"),
    [
        ({"nose_tip": 3564}, "chin"),
        ({**PICKED, "ear": 3}, "ear"),
        ({**PICKED, "chin": 10**7}, "vertex 10000000"),
        ({**PICKED, "chin": [0.0, float("nan"), 1.0]}, "chin"),
        ({**PICKED, "chin": "low"}, "chin"),
    ],
)
def test_wrong_landmarks_are_named(picked: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        transfer_shapes(geometry(*demo_head_cut_finer()), picked)


def test_a_ball_has_no_face() -> None:
    with pytest.raises(UserError, match="pick its landmarks"):
        transfer_shapes(geometry(*ball((0.0, 0.0, 0.0), 1.0)))


@pytest.mark.parametrize("fault", ["few", "nan", "loops", "empty"])
def test_what_is_no_mesh_is_refused(fault: str) -> None:
    points, faces = demo_head_cut_finer()
    mesh = geometry(points, faces)
    with np.errstate(all="ignore"):
        nowhere = Geometry(mesh.points / (mesh.points < 0.12), mesh.corners, mesh.totals)
    broken = {
        "few": Geometry(mesh.points[:9], np.arange(9), np.array([3, 3, 3])),
        "nan": nowhere,
        "loops": Geometry(mesh.points, mesh.corners + len(points), mesh.totals),
        "empty": Geometry(mesh.points, np.zeros(0, np.int64), np.zeros(0, np.int64)),
    }
    with pytest.raises(UserError):
        transfer_shapes(broken[fault])


class StopNowError(Exception):
    pass


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_it_can_be_stopped_anywhere(share: float) -> None:
    points, faces = demo_head_cut_finer()

    def told(fraction: float, message: str) -> None:
        assert message
        if fraction >= share:
            raise StopNowError

    landmarks = None if share < 0.2 else PICKED
    with pytest.raises(StopNowError):
        transfer_shapes(geometry(points, faces), landmarks, told)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shapes.npz"
    for content in (b"", b"PK\x03\x04 no", b"text"):
        path.write_bytes(content)
        with pytest.raises(UserError):
            TransferredShapes.load(path)
    with pytest.raises(UserError, match="no file"):
        TransferredShapes.load(tmp_path / "absent.npz")


@pytest.mark.shared
def test_ict_faces_own_lips_close_and_open(shared_dir: Path) -> None:
    with np.load(shared_dir / "face" / "ict_facekit_light.npz") as stored:
        points, faces = stored["neutral"].astype(np.float64), stored["all_triangles"]
        marks = stored["landmarks68"].astype(int)
    shapes, weights = transfer_shapes(geometry(points, faces)), babble()
    assert shapes.quality.warnings == ()
    assert shapes.quality.fit_p95_mm < 1.0
    upper, lower = [int(marks[n]) for n in (61, 62, 63)], [int(marks[n]) for n in (67, 66, 65)]
    up = np.array([0.0, 1.0, 0.0])
    got = 10 * openings(shapes, weights, up, upper, lower)  # its unit is a centimetre
    wanted = 1000 * flame_openings(weights)
    assert np.corrcoef(got, wanted)[0, 1] > 0.98
    assert (got[wanted < 0.5] < CLOSED_MM).mean() > 0.95
    assert (got[wanted > 1.5] < CLOSED_MM).mean() <= 0.015
    lower_teeth = [part for part in shapes.quality.carried if part.startswith("lower teeth")]
    assert lower_teeth
