"""``check-release``: compare the release's graph with a recorded run, stage by stage."""

import argparse
from pathlib import Path

TOLERANCE = 1e-4  # relative


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "check-release",
        help="check the authors' inference graph against recorded results",
        description="Run the authors' inference graph on a fixture and print the worst relative "
        f"error per stage; exit 0 if all are at most {TOLERANCE:g}, else 1.",
    )
    parser.add_argument("fixture", type=Path, help=".npz with weights, input and every stage")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print one line a stage; 0 if all agree, 1 if not."""
    from ..models.release.fixture import load_fixture, stage_errors

    errors = stage_errors(load_fixture(args.fixture))
    for name, error in errors.items():
        print(f"{name:<20}{error:.3e}")
    agree = all(error <= TOLERANCE for error in errors.values())  # NaN does not agree
    print(f"{'agrees' if agree else 'DIFFERS'} (tolerance {TOLERANCE:g})")
    return 0 if agree else 1
