"""``python -m model_core transfer``: the rig's shapes on any head mesh."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..rig.transfer.result import TransferredShapes


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "transfer",
        help="put the rig's shapes on any head mesh",
        description="Write the mesh and 45 expression shapes for it, with ARKit's names, to an "
        ".npz: points (V, 3), corners, totals, names (K), offsets (K, V, 3) in the mesh's units.",
    )
    parser.add_argument("head", type=Path, help="the head's mesh (obj, ply, npz)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument(
        "--landmarks",
        type=Path,
        metavar="FILE.json",
        help="places on the face by name, as vertex numbers or coordinates; guessed otherwise",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Transfer, and print how good it is. Raises `UserError` for input that cannot be used."""
    from ..rig.mesh_file import read_geometry
    from ..rig.transfer.landmarks import read_landmarks
    from ..rig.transfer.run import transfer_shapes

    geometry = read_geometry(args.head)
    landmarks = None if args.landmarks is None else read_landmarks(args.landmarks)
    shapes = transfer_shapes(geometry, landmarks, _told)
    if sys.stderr.isatty():
        print("\r" + " " * 46 + "\r", end="", file=sys.stderr)
    shapes.save(args.output)
    _print(shapes, args.output)
    return 0


def _told(fraction: float, message: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{fraction:4.0%} {message:<40}", end="", file=sys.stderr)


def _print(shapes: "TransferredShapes", output: Path) -> None:
    quality = shapes.quality
    print(f"{output}: {len(shapes.names)} shapes on {len(shapes.geometry.points)} vertices")
    if quality.way == "exact":
        print("  FLAME's own vertices were found in the mesh")
    else:
        print(
            f"  fit {quality.fit_p50_mm:.2f} mm (median), {quality.fit_p95_mm:.2f} mm (95 of 100); "
            f"landmarks {quality.confidence:.0%} sure"
        )
    for title, parts in (("moves along", quality.carried), ("left out", quality.left_out)):
        for part in parts:
            print(f"  {title}: {part}")
    for warning in quality.warnings:
        print(f"  note: {warning}")
