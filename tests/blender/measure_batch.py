"""Print what a batch costs and survives: `python tests/blender/measure_batch.py FOLDER SOUNDS...`.

Run with the model's Python, from the repository, on an idle machine. Sounds are files of speech;
scenes of four kinds of faces at three frame rates are made for them. The table is run undisturbed,
and its speed compared with that of the model alone, asked the same again, and what Blender itself
took. Then it is run in a folder of its own while its driver is killed three times: all motions and
actions must be the same. Processor seconds are of all processes: other work hardly shows in them.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import batch_stage as stage

MOST = 1.15  # of what model and Blender take by themselves


@dataclass
class Took:
    """What something took.

    Attributes:
        seconds: that passed.
        processor: seconds of all its processes.
    """

    seconds: float
    processor: float


class Clock:
    """Measures child processes from its making on."""

    def __init__(self) -> None:
        self._begun, self._before = time.monotonic(), self._used()

    def took(self) -> Took:
        """Return what passed since."""
        return Took(time.monotonic() - self._begun, self._used() - self._before)

    @staticmethod
    def _used() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


def undisturbed(table: Path, blender: str, kept: Path) -> Took:
    """Run a batch, keep what its model is asked, print how it went and return what it took."""
    kept.mkdir()
    model = kept / "model"
    keep = Path(__file__).with_name("keep_requests.py")
    model.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{keep}" "{kept}"\n')
    model.chmod(0o755)
    command = stage.batch(table, blender)
    clock, environment = Clock(), os.environ | {"JAMBATALK_PYTHON": str(model)}
    done = subprocess.run(
        command,
        cwd=stage.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    took = clock.took()
    print(f"{done.stdout.splitlines()[-1]} Exit status {done.returncode}.", flush=True)
    return took


def model_alone(kept: Path) -> Took:
    """Ask the model what a batch asked it, one after the other, and return what that took."""
    clock = Clock()
    with subprocess.Popen(
        [sys.executable, "-m", "model_core.worker"],
        cwd=stage.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdin is not None and worker.stdout is not None
        for line in (kept / "requests.jsonl").read_text().splitlines():
            worker.stdin.write(line + "\n")
            worker.stdin.flush()
            while (told := json.loads(worker.stdout.readline()))["event"] != "done":
                assert told["event"] == "progress", told
        worker.stdin.close()
    return clock.took()


def compare(whole: Took, model: Took, blender: float, audio: float) -> None:
    """Print a batch's speed beside that of its parts by themselves."""
    parts = Took(model.seconds + blender, model.processor + blender)
    print(
        f"the batch: {audio / whole.seconds:.2f} s of sound a second, "
        f"{audio / whole.processor:.2f} a processor second\n"
        f"the model alone: {model.seconds:.0f} s, {model.processor:.0f} of processors; "
        f"Blender's own: {blender:.0f}; together {audio / parts.seconds:.2f} s of sound a second, "
        f"{audio / parts.processor:.2f} a processor second\n"
        f"the batch took {whole.seconds / parts.seconds:.3f} times as long, and "
        f"{whole.processor / parts.processor:.3f} times the processor seconds (at most {MOST})",
        flush=True,
    )


def kill_thrice(command: list[str], seconds: float) -> None:
    """Run a batch and kill its driver three times, at random moments of its time."""
    moments = random.Random(3)
    for _ in range(3):
        with subprocess.Popen(command, cwd=stage.ROOT, stdout=subprocess.DEVNULL) as running:
            time.sleep(moments.uniform(0.1, 0.3) * seconds)
            running.send_signal(signal.SIGKILL)
        time.sleep(1.0)


def measure(folder: Path, sounds: list[Path], blender: str) -> None:
    """Run it all and print the figures."""
    import soundfile

    wanted = stage.rows(sounds, stage.made_scenes(blender, folder / "scenes"))
    whole, killed = (stage.write_table(folder / name, wanted) for name in ("whole", "killed"))
    audio = sum(float(soundfile.info(str(sound)).duration) for sound in sounds)
    print(f"{len(sounds)} jobs, {audio:.0f} s of sound; load {os.getloadavg()[0]:.1f}")
    took = undisturbed(whole, blender, folder / "kept")
    print(f"{took.seconds:.0f} s, {took.processor:.0f} s of processors")
    own = sum(float(str(each.get("blender_seconds", 0))) for each in stage.results(whole))
    compare(took, model_alone(folder / "kept"), own, audio)
    command = stage.batch(killed, blender)
    kill_thrice(command, took.seconds)
    last = subprocess.run(command, cwd=stage.ROOT, capture_output=True, text=True, check=False)
    print(f"killed three times, then: {last.stdout.splitlines()[-1]}")
    same, made, there = stage.alike(blender, whole, killed)
    print(f"{same} of {made} motions and scenes have the same digest ({there} there)")
    left = stage.left_over(killed.parent / "out")
    print(f"half files and locks left: {left or 'none'}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    stage.run_measure(__doc__, measure)
