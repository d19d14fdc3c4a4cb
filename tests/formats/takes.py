"""Live Link Face takes, made up and real, as the app writes them."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from model_core.formats.timecodes import timecode

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "life" / "arkit_takes.npz"

_NAMES = """
EyeBlinkLeft EyeLookDownLeft EyeLookInLeft EyeLookOutLeft EyeLookUpLeft EyeSquintLeft
EyeWideLeft EyeBlinkRight EyeLookDownRight EyeLookInRight EyeLookOutRight EyeLookUpRight
EyeSquintRight EyeWideRight JawForward JawRight JawLeft JawOpen MouthClose MouthFunnel
MouthPucker MouthRight MouthLeft MouthSmileLeft MouthSmileRight MouthFrownLeft MouthFrownRight
MouthDimpleLeft MouthDimpleRight MouthStretchLeft MouthStretchRight MouthRollLower
MouthRollUpper MouthShrugLower MouthShrugUpper MouthPressLeft MouthPressRight
MouthLowerDownLeft MouthLowerDownRight MouthUpperUpLeft MouthUpperUpRight BrowDownLeft
BrowDownRight BrowInnerUp BrowOuterUpLeft BrowOuterUpRight CheekPuff CheekSquintLeft
CheekSquintRight NoseSneerLeft NoseSneerRight TongueOut HeadYaw HeadPitch HeadRoll LeftEyeYaw
LeftEyePitch LeftEyeRoll RightEyeYaw RightEyePitch RightEyeRoll
"""
HEADER = tuple(_NAMES.split())
"""The 61 columns as the app's own files have them: jaw and mouth right before left."""

APPLE = tuple(
    {
        "JawRight": "JawLeft",
        "JawLeft": "JawRight",
        "MouthRight": "MouthLeft",
        "MouthLeft": "MouthRight",
    }.get(name, name)
    for name in HEADER
)
"""The same in the order of Apple's list."""


def made_up(frames: int = 120, seed: int = 0) -> np.ndarray:
    """Return smooth values (T, 61) in `HEADER`'s order, no two columns alike."""
    draw = np.random.default_rng(seed)
    speed, phase = draw.uniform(1, 4, 61), draw.uniform(0, 6, 61)
    values = 0.4 + 0.3 * np.sin(np.arange(frames)[:, None] / 30 * speed + phase)
    return values.round(10)


def real_take(name: str) -> np.ndarray:
    """Return a real take's values (T, 61) at 30 fps in `HEADER`'s order, or skip the test."""
    if not REAL.is_file():
        pytest.skip("needs the takes beside the repository (../shared/data/life)")
    with np.load(REAL) as takes:
        assert tuple(takes["names"]) == HEADER
        return takes[name].astype(np.float64)


def write_take(
    path: Path,
    values: np.ndarray,
    *,
    header: Sequence[str] = HEADER,
    times: np.ndarray | None = None,
    count: str = "BlendshapeCount",
) -> Path:
    """Write values (T, 61) in `HEADER`'s order under a header in its own order, as the app does."""
    seconds = np.arange(len(values)) / 30 if times is None else times
    order = [HEADER.index(name) for name in header]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Timecode", count, *header])
        for at, row in zip(seconds, values[:, order], strict=True):
            rows.writerow([timecode(at), len(header), *(f"{value:.10f}" for value in row)])
    return path


def columns(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the header and the numbers of a take, by a plain reader."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header[2:], np.array([row[2:] for row in rows], np.float64)
