"""Systems that speak four short sounds: one as it should, one with half the weights, one late."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig

FRAMES, FPS = 48, 60.0
SHAPES = ("jawOpen", "mouthPucker", "eyeBlinkLeft")
SYSTEMS = ("faithful", "halved", "delayed")
CLIPS = ("one", "two", "three", "four")


def motion(system: str, clip: str) -> Motion:
    """A mouth that opens and closes; the head of "faithful" turns as well."""
    time = np.arange(FRAMES) / FPS + CLIPS.index(clip) / 10 - 0.2 * (system == "delayed")
    waves = [0.5 - 0.5 * np.cos(2 * np.pi * rate * time) for rate in (4, 2, 1)]
    size = 0.5 if system == "halved" else 1.0
    weights = (size * np.column_stack(waves)).astype(np.float32)
    head = np.column_stack([0.2 * np.sin(time), 0 * time, 0.1 * time]).astype(np.float32)
    basis = load_face_rig().select(SHAPES)
    return Motion(FPS, SHAPES, basis, weights, head=head if system == "faithful" else None)


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder for each system; the sounds lie in the first one's."""
    root = tmp_path_factory.mktemp("systems")
    rng = np.random.default_rng(0)
    for system in SYSTEMS:
        (root / system).mkdir()
        for clip in CLIPS:
            motion(system, clip).save(root / system / f"{clip}.npz")
    for clip in CLIPS:
        noise = 0.1 * rng.standard_normal(round(FRAMES / FPS * 16000))
        soundfile.write(root / SYSTEMS[0] / f"{clip}.wav", noise, 16000)
    return [root / system for system in SYSTEMS]
