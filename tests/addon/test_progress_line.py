"""Progress on one line, and everything else in the log."""

import io
import os
import subprocess
import sys
from pathlib import Path

from tests.jambatalk_root import addon_module

ROOT = Path(__file__).resolve().parents[2]
progress_line = addon_module("headless.progress_line")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_one_line_that_changes() -> None:
    terminal = Terminal()
    line = progress_line.ProgressLine(terminal)
    line(0.0, "Rendering the film", "0 of 12345 frames")
    line(0.5, "Rendering")
    line.close()
    seen = terminal.getvalue()
    assert "\n" not in seen
    first, second, cleared, end = seen.split("\r")[1:]
    assert first == f"[{'-' * 24}]   0%  Rendering the film 0 of 12345 frames"
    assert second.rstrip() == f"[{'#' * 12}{'-' * 12}]  50%  Rendering"
    assert len(second) == len(first)  # nothing of the longer line is left
    assert not cleared.strip() and not end


def test_elsewhere_each_stage_is_a_line() -> None:
    stream = io.StringIO()
    line = progress_line.ProgressLine(stream)
    for share in (0.0, 0.1, 0.2):
        line(share, "Rendering", f"{share}")
    line(0.9, "Saving")
    line.close()
    assert stream.getvalue() == "Rendering ...\nSaving ...\n"


PROGRAM = """
import os, subprocess, sys
from pathlib import Path
from tests.jambatalk_root import addon_module
module = addon_module("headless.progress_line")
print("before")
try:
    with module.progress_instead_of_output(Path(sys.argv[1])) as show:
        show(0.5, "Working")
        print("by Python")
        os.write(1, b"past Python\\n")
        subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
        print("an error", file=sys.stderr)
        if sys.argv[2:]:
            raise ValueError("no luck")
except ValueError as error:
    print(f"failed: {error}", file=sys.stderr)
print("after")
"""


def _run(log: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log), *more],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_anything_prints_goes_to_the_log(tmp_path: Path) -> None:
    done = _run(tmp_path / "log")
    assert done.stdout == "before\nafter\n"
    assert done.stderr == "Working ...\n"
    logged = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert sorted(logged) == ["an error", "by Python", "by a child", "past Python"]


def test_errors_are_told_where_they_always_are(tmp_path: Path) -> None:
    done = _run(tmp_path / "log", "fail")
    assert (done.stdout, done.stderr) == ("before\nafter\n", "Working ...\nfailed: no luck\n")
