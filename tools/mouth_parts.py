"""Makes ``model_core/assets/mouth.npz`` of ICT-FaceKit Light: teeth, gums and tongue.

    python -m tools.mouth_parts --face-data ../shared/face -o model_core/assets/mouth.npz

Teeth and gums are ICT-FaceKit's (MIT), in the place where its skin is the demo head. It has no
shapes of the tongue, so those are bent here: one for each of Audio2Face's 16 channels and ARKit's
tongueOut.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model_core.base.arrays import Flags, Floats, Ints
from model_core.base.errors import UserError
from model_core.base.files import atomic_path
from model_core.demo.head import load_demo_head
from model_core.rig.build.ict import arkit_name
from model_core.rig.build.mirror import mirror_map, mirrored
from model_core.rig.mesh import vertex_normals
from model_core.rig.mouth.parts import GUMS, MOUTH_CENTRE, TEETH, TONGUE_FLESH
from model_core.rig.rig import load_face_rig
from model_core.rig.transfer.alignment import fit_frame
from model_core.rig.transfer.anatomy import HEAD_VERTICES, landmark_pairs

# ICT-FaceKit's vertices: gums and tongue in one piece, then the teeth of either jaw.
_GUMS, _UPPER_TEETH, _LOWER_TEETH = range(14062, 17039), range(17039, 19247), range(19247, 21451)
_MOVED = 0.005  # metres that jawOpen moves every vertex of the lower jaw, and none of the upper
_FLOOR = (-0.056, 0.1)  # the floor of the mouth lies below this height, and faces up more than this
_ROOT, _TIP = -0.020, 0.042  # of the tongue, along +Z
_TOP, _BOTTOM = -0.041, -0.058  # of the tongue, along +Y
_BLADE = 0.008  # where the part begins that the tip bends
_NEAR = 0.075  # metres from the mouth's middle
_MM = 1e-3

Bend = Callable[["Tongue"], Floats]


class Tongue:
    """A tongue's (N, 3) vertices in metres, and how far each is along it and up it, 0 to 1."""

    def __init__(self, points: Floats) -> None:
        x, y, z = points.T
        self.side, self.height = x / 0.018, _ramp(y, _BOTTOM, _TOP)
        self.blade = _ramp(z, _BLADE, _TIP)
        self.along = _ramp(z, _ROOT, _TIP) * _ramp(z, _ROOT, 0.010)
        self.back = np.exp(-(((z - 0.002) / 0.015) ** 2)) * self.height
        self.body = np.exp(-(((z - 0.010) / 0.025) ** 2)) * self.height
        self.thick = (y - _BOTTOM) * self.blade
        self.nothing = 0 * x


_SHAPES: dict[str, Bend] = {
    "tongueTipUp": lambda t: _move(t, y=12 * t.blade**1.5, z=-3 * t.blade**2),
    "tongueTipDown": lambda t: _move(t, y=-5 * t.blade**1.5),
    "tongueTipLeft": lambda t: _move(t, x=8 * t.blade**1.5),
    "tongueTipRight": lambda t: _move(t, x=-8 * t.blade**1.5),
    "tongueRollUp": lambda t: _move(t, y=14 * t.blade**1.5, z=-10 * t.blade**2),
    "tongueRollDown": lambda t: _move(t, y=-7 * t.blade**1.5, z=-6 * t.blade**2),
    "tongueRollLeft": lambda t: _move(t, y=5 * t.side * t.blade),
    "tongueRollRight": lambda t: _move(t, y=-5 * t.side * t.blade),
    "tongueUp": lambda t: _move(t, y=13 * t.back, z=-2 * t.back),
    "tongueDown": lambda t: _move(t, y=-5 * t.body),
    "tongueLeft": lambda t: _move(t, x=7 * t.along * t.height),
    "tongueRight": lambda t: _move(t, x=-7 * t.along * t.height),
    "tongueIn": lambda t: _move(t, y=2 * t.body, z=-9 * t.blade),
    "tongueStretch": lambda t: _move(t, y=1 * t.blade, z=6 * t.blade),
    "tongueWide": lambda t: _move(t, x=3 * t.side * t.along * t.height, y=-1 * t.body),
    "tongueNarrow": lambda t: _move(t, x=-4 * t.side * t.along * t.height, y=1 * t.body),
    "tongueOut": lambda t: _move(t, y=13 * t.blade - 550 * t.thick, z=17 * t.blade),
}


def build(folder: Path) -> dict[str, Any]:
    """Return the arrays of ``mouth.npz``; see `model_core.rig.mouth.parts`.

    Raises:
        UserError: the folder lacks ICT-FaceKit's file.
    """
    points, opened, triangles = _read(folder / "ict_facekit_light.npz")
    moved = np.linalg.norm(opened, axis=1) > _MOVED
    inside = np.isin(triangles, _GUMS).all(axis=1)
    arrays: dict[str, Any] = {"names": np.array(list(_SHAPES)), **_face()}
    for jaw, teeth, gums in (
        ("upper", _UPPER_TEETH, inside & ~moved[triangles].any(axis=1)),
        ("lower", _LOWER_TEETH, inside & moved[triangles].any(axis=1)),
    ):
        bones = np.isin(triangles, teeth).all(axis=1)
        faces, kinds = triangles[bones | gums], np.where(bones, TEETH, GUMS)[bones | gums]
        if jaw == "lower":
            tongue = _tongue(points, faces[kinds == GUMS])
            kinds = np.where(tongue[faces].all(axis=1), TONGUE_FLESH, kinds)
            arrays |= _shapes(points, tongue, faces)
        used, corners = np.unique(faces, return_inverse=True)
        arrays[f"{jaw}/points"] = points[used].astype(np.float16)
        arrays[f"{jaw}/faces"] = corners.reshape(faces.shape).astype(np.uint16)
        arrays[f"{jaw}/kinds"] = kinds.astype(np.uint8)
    return arrays


def _shapes(points: Floats, tongue: Flags, faces: Ints) -> dict[str, Any]:
    """Return which of the vertices of some faces are the tongue's, and where shapes move it."""
    used = np.unique(faces)
    shape = Tongue(points[tongue])
    offsets = np.stack([bend(shape) for bend in _SHAPES.values()]).astype(np.float16)
    return {"tongue": np.flatnonzero(tongue[used]).astype(np.uint16), "offsets": offsets}


def _face() -> dict[str, Any]:
    """Return the demo head's vertices round the mouth, by which other heads are fitted."""
    points = load_demo_head().vertices
    near = np.flatnonzero(np.linalg.norm(points[:HEAD_VERTICES] - MOUTH_CENTRE, axis=1) < _NEAR)
    return {"face": near.astype(np.uint16), "face/points": points[near].astype(np.float16)}


def _read(path: Path) -> tuple[Floats, Floats, Ints]:
    """Return ICT-FaceKit's vertices and jawOpen, (N, 3) of FLAME's metres, and triangles."""
    if not path.is_file():
        raise UserError(f"{path.parent} has no {path.name}; point --face-data at its folder.")
    with np.load(path, allow_pickle=False) as stored:
        neutral, triangles = stored["neutral"].astype(float), stored["all_triangles"]
        names = [arkit_name(str(name)) for name in stored["names"]]
        opened = stored["deltas"][names.index("jawOpen")].astype(float)
        landmarks = stored["landmarks68"]
    rig = load_face_rig()
    flame = rig.neutral.astype(float)
    partner = mirror_map(flame, rig.faces.astype(np.int64))
    numbers, chosen = (list(column) for column in zip(*landmark_pairs(partner), strict=True))
    symmetric = (flame + mirrored(flame, partner)) / 2
    frame = fit_frame(neutral[landmarks[numbers]], symmetric[chosen])
    placed = frame.offsets_out(neutral) + frame.shift
    return placed, frame.offsets_out(opened), triangles.astype(np.int64)


def _tongue(points: Floats, faces: Ints) -> Flags:
    """Return which vertices are the tongue's: reached from its back, but not by the floor."""
    upward = vertex_normals(points, faces)[:, 1]
    floor = (points[:, 1] < _FLOOR[0]) & (upward > _FLOOR[1])
    neighbours = defaultdict(set)
    for face in faces.tolist():
        for corner in face:
            neighbours[corner].update(face)
    used = np.unique(faces)
    aside = np.abs(points[used] - (0.0, _TOP, 0.010)) @ (2.0, 1.0, 0.3)
    todo = [int(used[aside.argmin()])]
    found = np.zeros(len(points), bool)
    while todo:
        vertex = todo.pop()
        if not (found[vertex] or floor[vertex]):
            found[vertex] = True
            todo += neighbours[vertex]
    return found


def _ramp(values: Floats, low: float, high: float) -> Floats:
    """Return 0 below, 1 above, and a smooth step between."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    smooth: Floats = share * share * (3 - 2 * share)
    return smooth


def _move(
    tongue: Tongue, x: Floats | None = None, y: Floats | None = None, z: Floats | None = None
) -> Floats:
    """Return (N, 3) metres of millimetres (N,) along each axis."""
    parts = [tongue.nothing if each is None else each for each in (x, y, z)]
    moved: Floats = np.stack(parts, axis=1) * _MM
    return moved


def main(arguments: list[str] | None = None) -> int:
    """Run the builder; return the process's exit status."""
    parser = argparse.ArgumentParser("python -m tools.mouth_parts", description=__doc__)
    parser.add_argument("--face-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    options = parser.parse_args(arguments)
    try:
        arrays = build(options.face_data)
        with atomic_path(options.output) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.output}: {options.output.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
