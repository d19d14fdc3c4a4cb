"""Arguments of every command that runs a model: which, and on what."""

import argparse
from pathlib import Path

from ..engine.choice import DEVICES, ENGINES


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Describe ``--checkpoint``; None stands for the model that ships."""
    parser.add_argument("--checkpoint", type=Path, help="model folder (default: the one included)")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Describe ``--device``."""
    parser.add_argument("--device", choices=DEVICES, default="auto", help="default auto")


def add_engine(parser: argparse.ArgumentParser, auto: str = ENGINES["auto"]) -> None:
    """Describe ``--engine``, whose automatic choice is as told."""
    listed = ", ".join(f"{name}: {when}" for name, when in {**ENGINES, "auto": auto}.items())
    parser.add_argument("--engine", choices=ENGINES, default="auto", help=f"default {listed}")


def add_fps(parser: argparse.ArgumentParser) -> None:
    """Describe ``--fps``."""
    parser.add_argument("--fps", type=float, default=30.0, help="frames per second (default 30)")
