"""Print how key poses keep real speech: SOUND... [--fps N]

Run from the repository's root with ``PYTHONPATH=.``. Each sound is predicted by the model that
ships and put into key poses as a bake does: poses a second, how far the lips are off, and how far
where they are closed.
"""

import argparse
from pathlib import Path

import numpy as np

from model_core.base.units import MM_PER_M
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.performance.options import BakeOptions
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM, INNER_LIP_PAIRS, MOUTH_CORNERS, OUTER_LIPS
from model_core.speech.audio import read_sound

LANDMARKS = [*np.ravel(INNER_LIP_PAIRS), *MOUTH_CORNERS, *OUTER_LIPS]
_NEAR = 0.012  # m


def lips() -> np.ndarray:
    """Return FLAME's vertices near the landmarks of its lips."""
    neutral = load_face_rig().neutral
    away = np.linalg.norm(neutral[:, None] - neutral[LANDMARKS], axis=2).min(axis=1)
    return np.flatnonzero(away < _NEAR)


def measured(motion: Motion) -> tuple[float, float, float, float]:
    """Return poses a second, mm the lips are off (p99 and most), and the most where closed."""
    curves, _ = BakeOptions().reduction.curves(motion)
    weights = np.zeros_like(motion.weights)
    for name, curve in curves.items():
        weights[:, motion.names.index(name)] = curve.at(np.arange(motion.frames))
    off = np.tensordot(weights - motion.weights, motion.basis[:, lips()], 1)
    off_mm = MM_PER_M * np.linalg.norm(off, axis=2)
    keyed = Motion(motion.fps, motion.names, motion.basis, weights)
    before, after = lip_opening(motion), lip_opening(keyed)
    assert before is not None and after is not None  # FLAME's lips are known
    poses = len({int(frame) for curve in curves.values() for frame in curve.frames})
    closed = np.abs(after - before)[before < CLOSED_MM].max(initial=0.0)
    return (
        (poses - 1) / motion.duration,
        float(np.percentile(off_mm, 99)),
        float(off_mm.max()),
        float(closed),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--fps", type=float, default=30.0)
    given = parser.parse_args()
    predictor, rows = Predictor.load(), []
    print(_row("clip", "poses/s", "lips p99 mm", "most mm", "closed mm"))
    for path in given.sounds:
        rows.append(measured(predictor.predict(read_sound(path).samples, given.fps)))
        print(_row(path.stem, *(f"{value:.3f}" for value in rows[-1])))
    print(_row(f"worst of {len(rows)}", *(f"{value:.3f}" for value in np.max(rows, axis=0))))


def _row(name: str, *cells: str) -> str:
    return f"{name:20s}" + "".join(f"{cell:>13s}" for cell in cells)


if __name__ == "__main__":
    main()
