#!/usr/bin/env python3
"""Fuzz a target guided by coverage, with atheris (Linux and macOS, Python up to 3.13).

python -m tests.fuzz.guided TARGET [libFuzzer options, such as -max_total_time=600]
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["model_core", "jambatalk", "tests.fuzz"]):
    from tests.fuzz.run import SLOWEST_SECONDS, attempt
    from tests.fuzz.targets import TARGETS, corpus


def main() -> None:
    """Hand over to libFuzzer, which ends the process."""
    target, options = sys.argv[1], sys.argv[2:]
    assert target in TARGETS, f"choose one of {', '.join(TARGETS)}"
    folder = Path(tempfile.mkdtemp(prefix="jambatalk-corpus-"))
    for number, data in enumerate(corpus(target)):
        (folder / f"{number}").write_bytes(data)
    options = [f"-timeout={SLOWEST_SECONDS}", *options]
    atheris.Setup([sys.argv[0], *options, str(folder)], lambda data: attempt(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
