"""Time and memory of a prediction against the length of its sound, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from ...base.assets import DEMO_SPEECH
from ...base.memory import peak_megabytes
from ...speech.audio import SAMPLE_RATE, Samples, load_audio

PARENT = Path(__file__).resolve().parents[3]
_HELLO = b'{"op": "hello", "id": 1}\n'


@dataclass(frozen=True)
class Cost:
    """What a prediction takes.

    Attributes:
        sound: seconds of it.
        seconds: that the prediction took.
        megabytes: of memory the process had at most.
    """

    sound: float
    seconds: float
    megabytes: float


def tiled(seconds: float) -> Samples:
    """Return the demo sentence again and again, to a length."""
    speech, count = load_audio(DEMO_SPEECH), round(seconds * SAMPLE_RATE)
    return np.tile(speech, -(-count // len(speech)))[:count]


def costs(lengths: Sequence[float], engine: str = "auto") -> list[Cost]:
    """Return what sounds of so many seconds cost."""
    return [_cost_apart(seconds, engine) for seconds in lengths]


def _cost_apart(seconds: float, engine: str) -> Cost:
    """Measure a length in a new process, whose memory is of nothing else."""
    code = f"from {__name__} import tell; tell({seconds!r}, {engine!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PARENT, check=True, capture_output=True, text=True
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def tell(seconds: float, engine: str) -> None:
    """Print what a sound costs in this process, once the model is warm."""
    from ...models.predictor import Predictor

    predictor = Predictor.load(device="cpu", engine=engine)
    predictor.predict(tiled(min(seconds, 6.0)))  # the first call pays for lazy initialisation
    sound = _heard(seconds)
    started = time.perf_counter()
    predictor.predict(sound)
    taken = time.perf_counter() - started
    print(json.dumps({"sound": seconds, "seconds": taken, "megabytes": peak_megabytes()}))


def _heard(seconds: float) -> Samples:
    """Return what `tiled` does, read from a file, as any sound is."""
    speech, left = load_audio(DEMO_SPEECH), round(seconds * SAMPLE_RATE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
            while left > 0:
                file.write(speech[:left])
                left -= len(speech)
        return load_audio(path)


def start_seconds() -> float:
    """Return how long a new worker takes until it is ready to predict.

    Not of the first one: that leaves compiled what Python keeps so from then on.
    """
    kept = {name: at for name, at in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "model_core.worker"]
    for _ in range(2):
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=PARENT, env=kept, input=_HELLO, check=True, capture_output=True
        )
        taken = time.perf_counter() - started
    assert json.loads(done.stdout)["event"] == "hello"
    return taken


def plot(measured: Sequence[Cost], path: Path) -> None:
    """Draw time and memory against length; needs Matplotlib."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (time_axes, memory_axes) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    minutes = [cost.sound / 60 for cost in measured]
    time_axes.loglog(minutes, [cost.seconds for cost in measured], "o-")
    time_axes.set_ylabel("seconds to predict")
    memory_axes.semilogx(minutes, [cost.megabytes for cost in measured], "o-")
    memory_axes.set_ylabel("peak memory, MB")
    memory_axes.set_ylim(bottom=0)
    for axes in (time_axes, memory_axes):
        axes.set_xlabel("minutes of speech")
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=80)
    plt.close(figure)
