"""``python -m model_core bench``: measure prediction's speed, growth and memory on this machine."""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.assets import DEMO_SPEECH
from ..speech.audio import SAMPLE_RATE, Samples, load_audio
from .model_arguments import add_checkpoint

if TYPE_CHECKING:
    from ..models.predictor import Predictor

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("bench", help="measure speed and memory", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the short clip")
    parser.add_argument("--times", type=int, default=10, help="how many times longer the long one")
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many is reported")
    add_checkpoint(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print a Markdown table of measurements."""
    from ..models.predictor import Predictor

    speech = load_audio(DEMO_SPEECH)
    predictor = Predictor.load(args.checkpoint)
    predictor.predict(speech)  # the first call pays for lazy initialisation
    short = best_seconds(predictor, tiled(speech, args.seconds), args.repeats)
    long = best_seconds(predictor, tiled(speech, args.seconds * args.times), args.repeats)
    rows = [
        ("start: Python, imports, loading the model", f"{start_seconds():.1f} s"),
        (f"{args.seconds:g} s of speech", f"{short:.2f} s, {args.seconds / short:.0f}x real time"),
        (
            f"{args.seconds * args.times:g} s of speech",
            f"{long:.2f} s, {long / short:.1f}x as long",
        ),
        ("peak memory", f"{peak_megabytes():.0f} MB"),
    ]
    print("| what | measured |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in rows))
    return 0


def tiled(samples: Samples, seconds: float) -> Samples:
    """Return samples (N,) repeated to a length."""
    count = round(seconds * SAMPLE_RATE)
    return np.tile(samples, -(-count // len(samples)))[:count]


def best_seconds(predictor: "Predictor", samples: Samples, repeats: int) -> float:
    """Return the shortest time that a prediction took."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        predictor.predict(samples)
        times.append(time.perf_counter() - started)
    return min(times)


def start_seconds() -> float:
    """Return how long a new process takes until it is ready to predict."""
    code = "from model_core.models.predictor import Predictor; Predictor.load()"
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=_PACKAGE_PARENT, check=True)
    return time.perf_counter() - started


def peak_megabytes() -> float:
    """Return the most memory this process has had resident; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
