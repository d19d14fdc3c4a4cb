"""Print how far lips move as a motion says in exports that others read.

`python tests/blender/measure_exports.py FOLDER THREE` with a Python that has pygltflib, usd-core
and playwright. FOLDER has x.glb, x.usdc and x.npz, which a job baked at 30 frames a second from
frame 1 onto a FLAME head that is not turned; THREE is three.js's package from npm.
"""

import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from model_core.rig.rig import load_face_rig  # noqa: E402
from model_core.rig.shapes import INNER_LIP_PAIRS  # noqa: E402

Numbers = NDArray[np.float64]
FPS = 30.0
PAGE = """<script type="importmap">{"imports": {"three": "/three/build/three.module.js"}}</script>
<script type="module">
import { AnimationMixer, Vector3 } from "three";
import { GLTFLoader } from "/three/examples/jsm/loaders/GLTFLoader.js";
const gltf = await new GLTFLoader().loadAsync("/x.glb");
const mixer = new AnimationMixer(gltf.scene);
gltf.animations.forEach(clip => mixer.clipAction(clip).play());
let mesh;
gltf.scene.traverse(each => { if (each.morphTargetInfluences) mesh = each; });
window.shown = (wanted, times) => {
  const rest = mesh.geometry.attributes.position, at = new Vector3();
  const nearest = wanted.map(([x, y, z]) => {
    const far = Array.from({ length: rest.count }, (_, i) =>
      Math.hypot(rest.getX(i) - x, rest.getY(i) - y, rest.getZ(i) - z));
    return far.indexOf(Math.min(...far));
  });
  return times.map(time => {
    mixer.setTime(time);
    return nearest.map(i => mesh.getVertexPosition(i, at).toArray());
  });
};
</script>"""


def lips(points: Numbers) -> Numbers:
    """Return the (T,) mean distance of the upper (T, 3, 3) from the lower half of (T, 6, 3)."""
    found: Numbers = np.linalg.norm(points[:, :3] - points[:, 3:], axis=2).mean(axis=1)
    return found


def wanted() -> Numbers:
    """Return the upper, then the lower lips (6, 3) of the head at rest, as glTF has it: y up."""
    upper, lower = np.array(INNER_LIP_PAIRS).T
    rest = load_face_rig().neutral[[*upper, *lower]].astype(np.float64)
    return rest[:, [0, 2, 1]] * (1, 1, -1)


def said(path: Path) -> Numbers:
    """Return the (T,) distance as the motion has it."""
    with np.load(path) as made:
        upper, lower = np.array(INNER_LIP_PAIRS).T
        offsets = np.tensordot(made["weights"], made["basis"][:, [*upper, *lower]], 1)
    return lips(load_face_rig().neutral[[*upper, *lower]] + offsets)


def by_three(folder: Path, three: Path, frames: int) -> Numbers:
    """Return the (T,) distance as three.js shows a GLB in Chromium."""
    from playwright.sync_api import sync_playwright

    (folder / "page.html").write_text(PAGE)
    if not (folder / "three").exists():
        shutil.copytree(three, folder / "three")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        page.wait_for_function("!!window.shown", timeout=60_000)
        times = [(1 + frame) / FPS for frame in range(frames)]
        points = page.evaluate(
            "([wanted, times]) => shown(wanted, times)", [wanted().tolist(), times]
        )
        chromium.close()
    server.shutdown()
    return lips(np.array(points))


def by_pygltflib(path: Path, frames: int) -> Numbers:
    """Return the (T,) distance as pygltflib reads a GLB."""
    from pygltflib import GLTF2

    file = GLTF2().load(str(path))
    data = file.binary_blob()

    def array(number: int) -> Numbers:
        accessor = file.accessors[number]
        view, width = file.bufferViews[accessor.bufferView], {"SCALAR": 1, "VEC3": 3}[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        flat = np.frombuffer(data, "<f4", accessor.count * width, start)
        return flat.reshape(-1, width).astype(np.float64)

    primitive = file.meshes[0].primitives[0]
    rest = array(primitive.attributes.POSITION)
    at = [int(np.linalg.norm(rest - point, axis=1).argmin()) for point in wanted()]
    morphs = np.stack([array(target["POSITION"])[at] for target in primitive.targets])
    animation = file.animations[0]
    channel = next(each for each in animation.channels if each.target.path == "weights")
    sampler = animation.samplers[channel.sampler]
    times = array(sampler.input)[:, 0]
    weights = array(sampler.output).reshape(len(times), -1)
    rows = [int(np.abs(times - (1 + frame) / FPS).argmin()) for frame in range(frames)]
    return lips(rest[at] + np.tensordot(weights[rows], morphs, 1))


def by_usd(path: Path, frames: int) -> Numbers:
    """Return the (T,) distance as usd-core reads a USD file."""
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(path))
    prims = list(stage.Traverse())
    mesh = next(UsdGeom.Mesh(each) for each in prims if each.IsA(UsdGeom.Mesh))
    moving = next(UsdSkel.Animation(each) for each in prims if each.IsA(UsdSkel.Animation))
    rest = np.array(mesh.GetPointsAttr().Get(), np.float64)
    upper, lower = np.array(INNER_LIP_PAIRS).T
    at = [*upper, *lower]
    binding = UsdSkel.BindingAPI(mesh.GetPrim())
    targets = dict(
        zip(
            binding.GetBlendShapesAttr().Get(),
            binding.GetBlendShapeTargetsRel().GetTargets(),
            strict=True,
        )
    )
    shapes = []
    for name in moving.GetBlendShapesAttr().Get():
        shape = UsdSkel.BlendShape(stage.GetPrimAtPath(targets[name]))
        offsets, indices = np.zeros_like(rest), shape.GetPointIndicesAttr().Get()
        where = slice(None) if indices is None or not len(indices) else np.array(indices)
        offsets[where] = np.array(shape.GetOffsetsAttr().Get())
        shapes.append(offsets[at])
    attribute = moving.GetBlendShapeWeightsAttr()
    weights = np.array([attribute.Get(1 + frame) for frame in range(frames)], np.float64)
    return lips(rest[at] + np.tensordot(weights, np.stack(shapes), 1))


def main() -> None:
    """Print a line for each reader."""
    folder, three = Path(sys.argv[1]), Path(sys.argv[2])
    spoken = said(folder / "x.npz")
    frames = len(spoken)
    for name, shown in (
        ("pygltflib, GLB", by_pygltflib(folder / "x.glb", frames)),
        ("three.js in Chromium, GLB", by_three(folder, three, frames)),
        ("usd-core, USD", by_usd(folder / "x.usdc", frames)),
    ):
        r = np.corrcoef(shown, spoken)[0, 1]
        worst = 1000 * np.abs(shown - spoken).max()
        print(f"{name}: r {r:.4f}, at most {worst:.2f} mm off, in {frames} frames")


if __name__ == "__main__":
    main()
