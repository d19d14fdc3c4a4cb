"""Files of tests in a program that may crash: a crash neither hides the tests after it nor passes.

A Blender in which hundreds of scenes were opened crashes now and then in its own code. The file
it crashed in is run once more in a new process, with those after it; twice is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

PROGRESS = "JAMBATALK_TEST_PROGRESS"
"""Names, in the environment, the file into which conftest.py writes what it does."""
BEGUN, FAILED = "begun", "failed"


def note(progress: Path, what: str, of: str) -> None:
    """Add a line: that a file of tests has begun, or that one of its tests failed."""
    with progress.open("a", encoding="utf-8") as file:
        file.write(f"{what} {of}\n")


def run_files(
    run: Callable[[Sequence[Path]], int], files: Sequence[Path], progress: Path
) -> tuple[int, list[str]]:
    """Run files of tests, after a crash those that are left.

    Args:
        run: runs files and returns the exit code, which is negative where a signal ended it.
        files: in the order in which they are run.
        progress: where `note` writes, in the process that `run` starts.

    Returns:
        An exit code for them all, 1 where a test failed or a file crashed twice; and the names of
        the files that crashed.
    """
    left, worst, crashed = list(files), 0, []
    while left:
        progress.write_text("", encoding="utf-8")
        code = run(left)
        begun, failed = _noted(progress)
        worst = max(worst, code, int(failed))
        if code >= 0:
            break
        if not begun:
            return code, crashed
        left = left[[path.name for path in left].index(begun) :]
        if begun in crashed:
            left, worst = left[1:], max(worst, 1)
        crashed.append(begun)
    return worst, crashed


def _noted(progress: Path) -> tuple[str, bool]:
    """Return the file begun last, "" if none, and whether a test failed."""
    lines = [line.split(" ", 1) for line in progress.read_text(encoding="utf-8").splitlines()]
    begun = [of for what, of in lines if what == BEGUN]
    return (begun or [""])[-1], any(what == FAILED for what, _ in lines)
