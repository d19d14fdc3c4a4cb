"""Printing ends no program, whatever the console knows and whoever reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_core.base.console import Console

ROOT = Path(__file__).resolve().parents[1]
SHELL = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
PRINTS = r"""
import sys
from model_core.base.console import run_printing

def work():
    for _ in range(int(sys.argv[1])):
        print("mm\u00b2 caf\udce9 \u53f0\u8a5e", flush=True)
    print("to the end", file=sys.stderr)
    return int(sys.argv[2])

sys.exit(run_printing(work))
"""


def run(*command: object, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=300,
        check=False,
    )


def shell(line: str, status: int = 0, lines: int = 1) -> "subprocess.CompletedProcess[bytes]":
    """Run the program in a line of shell, where it is called PROGRAM."""
    program = f'"$PYTHON" -c "$SOURCE" {lines} {status}'
    script = line.replace("PROGRAM", program)
    return run("bash", "-o", "pipefail", "-c", script, PYTHON=sys.executable, SOURCE=PRINTS)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932", "gbk", "utf-8", "utf-16"])
def test_what_an_encoding_lacks_is_spelled_out(encoding: str) -> None:
    done = run(sys.executable, "-c", PRINTS, 1, 0, PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "to the end" in done.stderr.decode(encoding)
    line = done.stdout.decode(encoding).strip()
    spelled = line.encode("ascii", "backslashreplace").decode()
    assert spelled == "mm\\xb2 caf\\udce9 \\u53f0\\u8a5e"
    if encoding == "cp932":  # what it has stays readable
        assert line.endswith("\u53f0\u8a5e")


@SHELL
@pytest.mark.parametrize("status", [0, 2])
def test_a_reader_who_goes_away_changes_nothing(status: int) -> None:
    done = shell("PROGRAM | head -1", status, lines=5000)
    assert done.returncode == status
    assert done.stderr == b"to the end\n"


@SHELL
def test_a_closed_output_changes_nothing() -> None:
    done = shell("PROGRAM >&-")
    assert (done.returncode, done.stderr) == (0, b"to the end\n")
    done = shell("PROGRAM 2>&-")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_lost_on_a_full_disk_is_a_failure() -> None:
    done = shell("PROGRAM > /dev/full")
    assert done.returncode == 1
    assert done.stderr == b"to the end\nfailed: Standard output: No space left on device.\n"
    assert shell("PROGRAM > /dev/full", status=2).returncode == 2


def test_no_stream_at_all_is_no_terminal() -> None:
    console = Console(None)  # as under pythonw
    assert console.write("four") == 4
    console.flush()
    assert not console.isatty()


@pytest.mark.parametrize("module", ["model_core", "jambatalk_addon"])
def test_every_entry_prints_so(module: str) -> None:
    arguments = ["evaluate", "\u53f0\u8a5e", "--data", "."] if module == "model_core" else []
    done = run(sys.executable, "-m", module, *arguments, PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    if arguments:
        assert b"\\u53f0" in done.stderr
