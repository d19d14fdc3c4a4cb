#!/usr/bin/env python3
"""Measure a graphics card and keep the rows in docs/performance.md: ``python3 build.py gpu``.

Run from the repository's root by a Python with torch. Nothing is downloaded: mamba-ssm is taken
where it is installed, or from wheels beside the checkout (`build.py` unpacks those). A section that
fails is told of, and the others go on. With --dry-run it is tried on the CPU with narrow sizes.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
MARK = "gpu"
_NEEDED = ("torch", "numpy", "safetensors", "soundfile", "soxr")
_VERSIONS = ("torch", "mamba-ssm", "causal-conv1d", "triton")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every section was measured, 2 where nothing can be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="on the CPU, with narrow sizes")
    parser.add_argument("--page", type=Path, default=PAGE, help="page whose rows are replaced")
    parser.add_argument("--only", nargs="+", help="sections: scan, agreement, throughput, ...")
    options = parser.parse_args(arguments)
    problem = _problem(dry=options.dry_run)
    if problem is not None:
        print(f"gpu: {problem}", file=sys.stderr)
        return 2
    return _measure(options)


def _problem(*, dry: bool) -> str | None:
    """Return in one sentence why nothing can be measured, or None."""
    absent = [name for name in _NEEDED if not _version(name)]
    if absent:
        return (
            f"{sys.executable} lacks {', '.join(absent)}; carry their wheels there and put them on "
            "PYTHONPATH, since nothing is downloaded."
        )
    import torch

    if not dry and not torch.cuda.is_available():
        return "torch finds no CUDA device here; try --dry-run, or run it where there is one."
    return None


def _measure(options: argparse.Namespace) -> int:
    """Measure the sections and write the page; return 0 if none failed, else 1."""
    from model_core.evaluation.speed.card import SECTIONS, Sizes
    from model_core.evaluation.speed.rows import Row, markdown, put_table

    device = "cpu" if options.dry_run else "cuda"
    sizes = Sizes.narrow() if options.dry_run else Sizes()
    rows: list[Row] = []
    failed = []
    for name in options.only or SECTIONS:
        started = time.monotonic()
        try:
            rows += SECTIONS[name](sizes, device)
        except Exception:  # the card may be too small for one of them
            traceback.print_exc()
            failed.append(name)
        print(f"gpu: {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    told = [f"Not measured, since it failed: {name}." for name in failed]
    table = "\n\n".join([heading(device), markdown(rows), *told])
    print(table)
    put_table(options.page, MARK, table)
    return 1 if failed else 0


def heading(device: str) -> str:
    """Return what was measured on, with versions and the date."""
    import torch

    card = torch.cuda.get_device_name() if device == "cuda" else "CPU, narrow sizes: a dry run"
    versions = [f"{name} {_version(name)}" for name in _VERSIONS if _version(name)]
    return f"**{card}**, {', '.join(versions)}, {time.strftime('%Y-%m-%d')}"


def _version(package: str) -> str:
    """Return a package's version, or nothing if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
