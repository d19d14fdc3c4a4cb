"""Eyes: eyeballs that turn about their own centres, and lids that meet on whichever face."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.datasets.identities import identities
from model_core.demo.head import load_demo_head
from model_core.demo.render import Framing, render
from model_core.rig.gaze import LOOK_DEGREES, SIDES, look_weights, turning
from model_core.rig.lids import BLINKS, close_lids, lid_gaps
from model_core.rig.mesh import unique_edges
from model_core.rig.rig import load_face_rig
from model_core.rig.turns import rotation

RIG = load_face_rig()
EDGES = unique_edges(RIG.faces)
LOOKS = [name for name in RIG.names if name.startswith("eyeLook")]
MM = 1000.0
HALF_MM, PIXELS = 16.0, 200


def eyeball(eye: int) -> NDArray[np.int32]:
    return RIG.regions[("eyeball_left", "eyeball_right")[eye]]


@pytest.mark.parametrize("name", LOOKS)
def test_an_eyeball_turns_about_its_own_centre(name: str) -> None:
    eye, angles = turning(name) or (0, np.zeros(2))
    ball = RIG.neutral[eyeball(eye)].astype(float)
    moved = ball + RIG.select([name])[0, eyeball(eye)]
    centre = (ball.max(axis=0) + ball.min(axis=0)) / 2
    rigid = (ball - centre) @ rotation(*angles).T + centre
    assert np.linalg.norm(moved - rigid, axis=1).max() * MM < 0.05
    other = RIG.select([name])[0, eyeball(1 - eye)]
    assert not other.any()


def test_looks_turn_both_eyes_the_same_way() -> None:
    front = [int(eyeball(eye)[RIG.neutral[eyeball(eye), 2].argmax()]) for eye in (0, 1)]
    for ways, axis, sign in (
        (("OutLeft", "InRight"), 0, 1.0),  # to the character's left, +X
        (("InLeft", "OutRight"), 0, -1.0),
        (("UpLeft", "UpRight"), 1, 1.0),
        (("DownLeft", "DownRight"), 1, -1.0),
    ):
        for eye, way in enumerate(ways):
            moved = RIG.select([f"eyeLook{way}"])[0, front[eye]]
            assert moved[axis] * sign * MM > 4.0


def test_weights_of_a_gaze_turn_the_eyes_by_it() -> None:
    gaze = np.radians([[10.0, 6.0], [-10.0, -6.0], [0.0, 0.0]])
    weights = look_weights(np.stack([gaze, gaze], axis=1))
    assert set(weights) == {f"eyeLook{way}{side}" for way in LOOK_DEGREES for side in SIDES}
    for side in SIDES:
        turned = sum(
            weights[name][:, None] * turning(name)[1] for name in weights if name.endswith(side)
        )
        np.testing.assert_allclose(turned, gaze, atol=1e-12)
    assert all((each >= 0).all() for each in weights.values())


def seen_mm(points: NDArray, faces: NDArray, ball: NDArray, unit: float = 1.0) -> float:
    """Return the greatest height of eyeball that is seen from the front, both eyes, in mm."""
    near = np.linalg.norm(points - points[ball].mean(axis=0), axis=1) * unit < 0.065
    faces = faces[near[faces].all(axis=1)]
    painted = np.where(np.isin(faces, ball).all(axis=1)[:, None], [1.0, 0, 0], [0, 1.0, 0])
    highest = 0.0
    for part in np.split(ball, 2):
        centre = points[part].mean(axis=0) * unit
        framing = Framing(tuple(centre), HALF_MM / MM, distance=1.0)
        image = render(points * unit, faces, painted, size=PIXELS, framing=framing).astype(int)
        red = image[..., 0] > image[..., 1] + 40
        runs = np.diff(np.pad(red, ((1, 1), (0, 0))).astype(int), axis=0)
        for column in runs.T:
            edges = np.flatnonzero(column).reshape(-1, 2)
            highest = max([highest, *(edges[:, 1] - edges[:, 0]) * 2 * HALF_MM / PIXELS])
    return highest


def test_a_blink_closes_the_mean_and_the_demo_head() -> None:
    ball = RIG.regions["eyeballs"]
    for points in (RIG.neutral, load_demo_head().vertices):
        blinks = close_lids(points, RIG.faces, RIG.select(BLINKS), BLINKS)
        assert seen_mm(points, RIG.faces, ball) > 6.0  # or nothing would be seen to close
        assert seen_mm(points + blinks.sum(axis=0), RIG.faces, ball) <= 0.5


@pytest.mark.shared
def test_a_blink_closes_twenty_people(shared_dir: Path) -> None:
    source, ball = shared_dir / "face" / "flame2023_open.npz", RIG.regions["eyeballs"]
    for points in identities(20, np.random.default_rng(1), source):
        blinks = close_lids(points, RIG.faces, RIG.select(BLINKS), BLINKS)
        assert seen_mm(points + blinks.sum(axis=0), RIG.faces, ball) <= 0.5
        for blink in blinks:
            gaps = lid_gaps(points, EDGES, blink).closed * MM
            assert gaps.max() <= 0.2 and gaps.min() > -1.5  # nor do the lids pass far


@pytest.mark.shared
def test_the_lids_meet_on_a_head_of_another_topology_unit_and_axes(shared_dir: Path) -> None:
    with np.load(shared_dir / "face" / "ict_facekit_light.npz") as ict:
        points, faces = ict["neutral"].astype(float), ict["all_triangles"]
        names, offsets = list(ict["names"]), ict["deltas"].astype(float)
    blinks = [offsets[names.index(f"eyeBlink_{side}")] for side in "LR"]
    skin = faces[(faces < 11248).all(axis=1) | ((faces >= 21451) & (faces < 24591)).all(axis=1)]
    ball = np.arange(21451, 24591)  # centimetres; lashes are left out, which hide the slit
    assert seen_mm(points, skin, ball, 0.01) > 6.0
    assert seen_mm(points + sum(blinks), skin, ball, 0.01) > 0.5  # its own blink leaves a sliver
    weights = [lid_gaps(points, unique_edges(faces), blink).closing_weight for blink in blinks]
    moved = points + sum(w * blink for w, blink in zip(weights, blinks, strict=True))
    assert seen_mm(moved, skin, ball, 0.01) <= 0.5
    z_up = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T * 10.0
    for blink, weight in zip(blinks, weights, strict=True):
        again = lid_gaps(points @ z_up, unique_edges(faces), blink @ z_up).closing_weight
        assert again == pytest.approx(weight, abs=1e-6)


def test_offsets_that_are_no_blink_are_left_as_they_are() -> None:
    smile, nothing = RIG.select(["mouthSmileLeft"])[0], np.zeros_like(RIG.neutral)
    assert lid_gaps(RIG.neutral, EDGES, nothing).closing_weight == 1.0
    assert lid_gaps(RIG.neutral, EDGES, smile).closing_weight == pytest.approx(1.0, abs=0.5)
