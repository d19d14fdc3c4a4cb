"""The committed face rig: what it holds, and that no shape tears, folds or moves the neck."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.demo.head import load_demo_head
from model_core.rig.mesh import border_vertices, flipped, unique_edges, vertex_neighbours_mean
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import INNER_LIP_PAIRS, MOUTH_CORNERS, SPEECH_SHAPES
from model_core.rig.topology import fingerprint

from .face_poses import SPEECH_COMBINATIONS, lone_pose, offsets_of

RIG = load_face_rig()
NEUTRAL = RIG.neutral.astype(float)
MM = 1000.0


def test_the_rig_has_the_expressions_of_ict_facekit_in_arkit_spelling() -> None:
    assert len(RIG.names) == len(set(RIG.names)) == 53
    assert RIG.basis.shape == (53, 5023, 3)
    assert RIG.faces.shape == (9976, 3)
    assert set(SPEECH_SHAPES) <= set(RIG.names)
    assert not any(name.endswith(("_L", "_R")) for name in RIG.names)


def test_the_fingerprint_is_that_of_the_rigs_own_triangles() -> None:
    assert fingerprint(unique_edges(RIG.faces)) == RIG.fingerprint


def test_select_returns_shapes_in_the_order_asked() -> None:
    chosen = RIG.select(["mouthPucker", "jawOpen"])
    assert np.array_equal(chosen[1], RIG.basis[RIG.names.index("jawOpen")])
    with pytest.raises(UserError, match="no shape named jawOpened"):
        RIG.select(["jawOpened"])


def test_the_shared_rig_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        RIG.basis[0] = 0.0


@pytest.mark.parametrize("name", RIG.names)
def test_no_triangle_turns_over_in_a_single_shape(name: str) -> None:
    for neutral in (NEUTRAL, load_demo_head().vertices):
        for weight in (0.25, 0.5, 1.0):
            moved = neutral + offsets_of(lone_pose(name, weight))
            assert flipped(neutral, moved, RIG.faces).sum() == 0


@pytest.mark.parametrize("pose", SPEECH_COMBINATIONS, ids="+".join)
def test_no_triangle_turns_over_in_speech_combinations(pose: dict[str, float]) -> None:
    for neutral in (NEUTRAL, load_demo_head().vertices):
        assert flipped(neutral, neutral + offsets_of(pose), RIG.faces).sum() == 0


def test_no_triangle_turns_over_in_random_mixtures_of_speech_shapes() -> None:
    random = np.random.default_rng(0)
    for _ in range(100):
        jaw = random.uniform(0.0, 0.5)
        pose = {"jawOpen": jaw, "mouthClose": jaw * random.choice([0.0, 0.5, 1.0])}
        for name in random.choice(SPEECH_SHAPES[3:], 3, replace=False):
            weight = random.uniform(0.0, 0.6)
            pose |= {name: weight, opposite(name): weight}
        assert flipped(NEUTRAL, NEUTRAL + offsets_of(pose), RIG.faces).sum() == 0, pose


def test_the_neck_border_is_still_in_every_shape() -> None:
    border = border_vertices(RIG.faces)
    neck = border[NEUTRAL[border, 1] < -0.1]
    assert len(neck) == 30
    assert np.linalg.norm(RIG.basis[:, neck], axis=2).max() * MM <= 0.05
    assert set(neck) <= set(RIG.regions["neck"])


def test_the_mirror_map_is_an_involution_that_keeps_edges() -> None:
    assert np.array_equal(RIG.mirror[RIG.mirror], np.arange(5023))
    edges = {tuple(edge) for edge in unique_edges(RIG.faces)}
    images = np.sort(RIG.mirror[unique_edges(RIG.faces)], axis=1)
    kept = np.mean([tuple(image) in edges for image in images])
    assert kept > 0.998  # a few quads are cut along different diagonals on the two sides
    off_plane = NEUTRAL[RIG.mirror] * [-1, 1, 1] - NEUTRAL
    assert np.linalg.norm(off_plane, axis=1).max() < 0.005


@pytest.mark.parametrize("name", RIG.names)
def test_left_and_right_shapes_mirror_each_other(name: str) -> None:
    own, other = RIG.select([name, opposite(name)]).astype(float)
    image = other[RIG.mirror] * [-1, 1, 1]
    assert np.linalg.norm(own - image, axis=1).max() * MM <= 0.3


def test_left_shapes_move_the_characters_left() -> None:
    for name in ("mouthSmileLeft", "eyeBlinkLeft", "browDownLeft", "mouthStretchLeft"):
        motion = np.linalg.norm(RIG.select([name])[0], axis=1)
        assert np.average(NEUTRAL[:, 0], weights=motion) > 0.01
    for name in ("jawLeft", "mouthLeft"):
        assert RIG.select([name])[0, 3400, 0] * MM > 1.0  # the chin


def test_rounding_narrows_the_lips_and_brings_them_forward() -> None:
    for name, narrower, forward in (("mouthPucker", 9.0, 8.0), ("mouthFunnel", 8.0, 6.0)):
        offsets = offsets_of({name: 1.0})
        assert mouth_width(NEUTRAL) - mouth_width(NEUTRAL + offsets) > narrower
        inner = np.ravel(INNER_LIP_PAIRS)
        assert offsets[inner, 2].mean() * MM > forward


def test_spreading_widens_the_mouth() -> None:
    for name in ("mouthSmile", "mouthStretch"):
        pose = {f"{name}Left": 1.0, f"{name}Right": 1.0}
        assert mouth_width(NEUTRAL + offsets_of(pose)) - mouth_width(NEUTRAL) > 8.0


def test_speech_shapes_are_smooth_over_the_lips() -> None:
    lips = np.concatenate([RIG.regions["inner_lips"], RIG.regions["outer_lips"]])
    for name in SPEECH_SHAPES:
        offsets = offsets_of(lone_pose(name, 0.5))
        rough = offsets - vertex_neighbours_mean(offsets, RIG.faces)
        assert np.linalg.norm(rough[lips], axis=1).max() * MM < 2.0, name


def test_regions_are_on_the_right_parts_of_the_face() -> None:
    regions = RIG.regions
    names = "inner_lips outer_lips mouth jaw eyelids brows upper_face neck eyeballs"
    assert set(names.split()) <= set(regions)
    height = {name: NEUTRAL[indices, 1].mean() for name, indices in regions.items()}
    assert height["neck"] < height["jaw"] < height["inner_lips"]
    assert height["outer_lips"] < height["eyelids"] < height["brows"]
    assert np.array_equal(regions["eyeballs"], np.arange(3931, 5023))
    assert (
        NEUTRAL[regions["eyeball_left"], 0].min() > 0 > NEUTRAL[regions["eyeball_right"], 0].max()
    )
    for indices in regions.values():
        assert np.array_equal(indices, np.unique(indices))


def test_regions_are_alike_on_both_sides() -> None:
    for name, indices in RIG.regions.items():
        mirrored = opposite(name.title()).lower() if "eyeball_" in name else name
        assert set(RIG.mirror[indices]) == set(RIG.regions[mirrored]), name


def test_lip_regions_hold_the_lips_and_nothing_far_from_them() -> None:
    upper, lower = (set(RIG.regions[f"inner_lips_{side}"]) for side in ("upper", "lower"))
    assert {pair[0] for pair in INNER_LIP_PAIRS} <= upper
    assert {pair[1] for pair in INNER_LIP_PAIRS} <= lower
    assert not upper & lower
    lips = np.concatenate([RIG.regions["inner_lips"], RIG.regions["outer_lips"]])
    assert np.abs(NEUTRAL[lips] - NEUTRAL[3533]).max() < 0.032


def test_the_upper_face_stays_put_when_the_jaw_opens() -> None:
    motion = np.linalg.norm(offsets_of({"jawOpen": 0.5}), axis=1) * MM
    assert np.median(motion[RIG.regions["upper_face"]]) < 0.5
    assert motion[RIG.regions["jaw"]].min() > 4.0


def opposite(name: str) -> str:
    """Return the mirror image's name."""
    swapped = {"Left": "Right", "Right": "Left"}
    for side, other in swapped.items():
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def mouth_width(vertices: NDArray[np.float64]) -> float:
    """Return millimetres between the mouth's corners."""
    right, left = MOUTH_CORNERS
    return float(np.linalg.norm(vertices[left] - vertices[right])) * MM
