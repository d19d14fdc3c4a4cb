"""The parts of a check: each runs whatever becomes of the others; a table says how all ended."""

import codecs
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_PYTEST_END = re.compile(r"\b(passed|failed|errors?|skipped|no tests ran)\b.* in [\d.]+s")


class Result(NamedTuple):
    """How a part ended: its name, PASSED, FAILED or SKIPPED, how long it took, and a remark."""

    name: str
    outcome: str
    seconds: float
    remark: str


def run_part(
    name: str, command: Sequence[object], environment: Mapping[str, str] | None = None
) -> Result:
    """Run a command in the repository, showing what it prints; failure is a result, not an error.

    Args:
        name: what the table calls it.
        command: the program and its arguments.
        environment: variables to set besides those there are.
    """
    print("+", *command, flush=True)
    begun, output = time.monotonic(), ""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        return Result(name, FAILED, 0.0, str(error))
    assert process.stdout is not None
    with process:
        while chunk := os.read(process.stdout.fileno(), 65536):
            text = decode(chunk)
            output = (output + text)[-65536:]
            print(text, end="", flush=True)
    return ended(name, process.returncode, time.monotonic() - begun, output)


def ended(name: str, code: int, seconds: float, output: str) -> Result:
    """Return the result of a command by its exit code and all or the end of what it printed."""
    remark = closing_line(output)
    if code not in (0, 1):  # 1 is what checks end with; a signal leaves a half-told story
        remark = f"ended with {code}; {remark}".rstrip("; ")
    return Result(name, FAILED if code else PASSED, seconds, remark)


def closing_line(output: str) -> str:
    """Return pytest's last line in an output if there is one, else the last line."""
    text = re.sub(r"\x1b\[[\d;]*m", "", output)
    lines = [line.strip(" =") for line in text.splitlines() if line.strip(" =")]
    return next((x for x in reversed(lines) if _PYTEST_END.search(x)), lines[-1] if lines else "")


def table(results: Sequence[Result]) -> str:
    """Return a line a part, and a sentence on all of them."""
    width = max((len(result.name) for result in results), default=0)
    lines = [
        f"{name:<{width}}  {outcome:<7}  {seconds:5.0f} s  {remark}".rstrip()
        for name, outcome, seconds, remark in results
    ]
    failed = [result.name for result in results if result.outcome == FAILED]
    lines.append(f"Failed: {', '.join(failed)}." if failed else "Nothing failed.")
    return "\n".join(lines)


def any_failed(results: Sequence[Result]) -> bool:
    """Whether a part failed."""
    return any(result.outcome == FAILED for result in results)


def usable_cores() -> int:
    """Return how many processes to run at a time: the cores this one may use, four at most.

    Each of them holds torch and a model, about 1 GB.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(4, cores or 1))
