"""The whole table of `bench`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .lengths import PARENT, Cost, costs, start_seconds
from .parts import part_rows, stream_rows
from .references import reference_rows
from .rows import Row

_LIKE_OURS = 10.0  # s of speech that references are measured with
_QUICK = 2.0
_WRITING = PARENT / "tools" / "blender_write.py"


def measured(
    lengths: Sequence[float],
    repeats: int,
    *,
    quick: bool,
    blender: Path | None,
    told: Callable[[str], None],
) -> tuple[list[Row], list[Cost]]:
    """Return all rows, and the costs by length.

    Args:
        lengths: seconds of speech.
        repeats: the best of so many is taken, where that is cheap.
        quick: less sound and smaller references, to try the measuring itself.
        blender: a Python with bpy, to measure writing; None leaves that out.
        told: called with what is being measured.
    """
    like = _QUICK if quick else _LIKE_OURS
    told("start and lengths")
    start = min(start_seconds() for _ in range(repeats))
    by_length = costs(sorted({like, *lengths}))
    rows = [Row("start: Python, imports, loading the model", start, "s"), *_lengths(by_length)]
    told("encoder, decoder, curves")
    rows += part_rows(like if quick else 60.0, repeats)
    told("live speech")
    rows += stream_rows(like)
    if blender is not None:
        told("writing in Blender")
        rows.append(_writing(blender, like if quick else 60.0))
    told("references")
    ours = next(cost.seconds for cost in by_length if cost.sound == like)
    return rows + reference_rows(like, ours, small=quick), by_length


def _lengths(by_length: Sequence[Cost]) -> Iterator[Row]:
    """Yield a row of time and one of memory for each length."""
    for cost in by_length:
        name, speed = f"{cost.sound:g} s of speech", cost.sound / cost.seconds
        yield Row(name, cost.seconds, "s", speed, "x real time")
    least = by_length[0].megabytes
    for cost in by_length:
        share = cost.megabytes / least
        against = f"of that at {by_length[0].sound:g} s"
        yield Row(f"peak memory, {cost.sound:g} s", cost.megabytes, "MB", share, against)


def _writing(blender: Path, seconds: float) -> Row:
    """Measure how long Blender takes to write a motion as shape keys and curves."""
    command = [str(blender), str(_WRITING), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken = float(done.stdout.split()[-1])
    name = f"written in Blender, {seconds:g} s"
    return Row(name, taken, "s", seconds / taken, "x real time")


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep some processes spinning for a while."""
    command = [sys.executable, "-c", "while True: pass"]
    spinning = [subprocess.Popen(command) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def cores() -> int:
    """Return how many cores there are."""
    return os.cpu_count() or 1
