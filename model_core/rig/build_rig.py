"""Build the face rig and the demo head: ``python -m model_core.rig.build_rig --face-data DIR``.

DIR holds ``flame2023_open.npz`` (FLAME 2023 Open, CC-BY-4.0) and ``ict_facekit_light.npz``
(ICT-FaceKit Light, MIT). Takes under a minute; needs scipy.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Floats, Ints
from ..base.errors import UserError
from ..base.files import atomic_path
from .build.demo_head import demo_head
from .build.eyes import close_lids, turn_eyeballs
from .build.ict import IctHead, load_ict, opposite_name
from .build.mirror import mirror_map, mirrored
from .build.regions import regions
from .build.transfer import close_mouth, transfer
from .build.unfold import unfold
from .mesh import unique_edges
from .topology import fingerprint
from .transfer.alignment import thin_plate_warp
from .transfer.anatomy import EYEBALLS, HEAD_VERTICES, FlameHead, describe_flame, landmark_pairs
from .transfer.registration import Registration, register


def build(folder: Path) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Return the arrays of the rig, those of the demo head, and the poses that still fold."""
    flame, faces = _read_flame(folder / "flame2023_open.npz")
    partner = mirror_map(flame, faces)
    head = describe_flame(flame, faces, partner)
    symmetric = (flame + mirrored(flame, partner)) / 2
    ict = load_ict(_existing(folder / "ict_facekit_light.npz"), landmark_pairs(partner), symmetric)
    registration = register(head, ict.skin, _warped(head, ict))
    offsets, folded = _shapes(flame, head, ict, registration, symmetric)
    stored = offsets.astype(np.float16)
    rig: dict[str, Any] = {
        "names": np.array(ict.names),
        "basis": stored,
        "neutral": flame.astype(np.float32),
        "faces": faces.astype(np.int32),
        "mirror": partner.astype(np.int32),
        "fingerprint": np.array(fingerprint(unique_edges(faces))),
    }
    for name, indices in regions(stored.astype(float), ict.names, head).items():
        rig[f"region/{name}"] = indices.astype(np.int32)
    close = stored[ict.names.index("mouthClose")].astype(float)
    return rig, demo_head(symmetric, faces, ict, registration, close), folded


def _warped(head: FlameHead, ict: IctHead) -> Floats:
    """Return FLAME's head (H, 3) brought near ICT-FaceKit's by landmarks."""
    numbers, chosen = (list(column) for column in zip(*landmark_pairs(head.partner), strict=True))
    targets = ict.vertices[ict.landmarks[numbers]]
    return thin_plate_warp(head.vertices[chosen], targets, head.vertices)


def _shapes(
    flame: Floats, head: FlameHead, ict: IctHead, registration: Registration, symmetric: Floats
) -> tuple[Floats, list[str]]:
    """Return the (K, V, 3) offsets of every shape, and the poses that still fold."""
    eyeballs = np.stack([symmetric[span.start : span.stop] for span in EYEBALLS])
    offsets = np.zeros((len(ict.names), *flame.shape))
    channels = transfer(head, ict, registration)
    close_lids(channels, ict.names, head, eyeballs)
    offsets[:, :HEAD_VERTICES] = channels
    turned = turn_eyeballs(ict.names, eyeballs)
    for eye, span in enumerate(EYEBALLS):
        offsets[:, span.start : span.stop] = turned[:, eye]
    opposite = [ict.names.index(opposite_name(name)) for name in ict.names]
    offsets = (offsets + mirrored(offsets[opposite], head.partner)) / 2
    neutrals = [flame[:HEAD_VERTICES], registration.vertices]
    offsets[:, :HEAD_VERTICES], folded = unfold(
        offsets[:, :HEAD_VERTICES], ict.names, neutrals, head
    )
    return close_mouth(offsets, ict.names), folded


def _read_flame(path: Path) -> tuple[Floats, Ints]:
    """Read FLAME's mean (V, 3) and triangles (F, 3)."""
    with np.load(_existing(path), allow_pickle=False) as stored:
        return stored["v_template"].astype(np.float64), stored["faces"].astype(np.int64)


def _existing(path: Path) -> Path:
    """Return ``path`` if it is a file.

    Raises:
        UserError: it is not.
    """
    if not path.is_file():
        raise UserError(f"{path.parent} has no {path.name}; point --face-data at its folder.")
    return path


def main(arguments: list[str] | None = None) -> int:
    """Run the builder; return the process's exit status."""
    parser = argparse.ArgumentParser("python -m model_core.rig.build_rig", description=__doc__)
    parser.add_argument("--face-data", type=Path, required=True, metavar="DIR")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument(
        "--demo-head", type=Path, metavar="OUT.npz", help="also write the demo head"
    )
    options = parser.parse_args(arguments)
    try:
        rig, head, folded = build(options.face_data)
        for path, arrays in ((options.output, rig), (options.demo_head, head)):
            if path is not None:
                with atomic_path(path) as temporary:
                    np.savez_compressed(temporary, **arrays)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.output}: {len(rig['names'])} shapes, {len(folded)} folded poses")
    for pose in folded:
        print(f"  folds: {pose}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
