#!/usr/bin/env python3
"""Try the add-on in real windows of Debian's Blenders: ``gui_smoke.py ZIP OUT [SUITE ...]``.

ZIP is the one for linux-x64 with the light runtime. `tools.debian_blender` makes the chroots, which
have no network while Blender runs. OUT gets a folder a suite with pictures and the log.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tools.debian_blender import SUITES, NotPossibleError, run_session  # noqa: E402

LIMIT_SECONDS = 900
_TOLD = ("PASS ", "FAIL ", "TOLD ", "END")


def main() -> int:
    """Return 0 if every check passed where they can be made."""
    package, output, *suites = sys.argv[1:]
    outcomes = [passes(suite, Path(package), Path(output) / suite) for suite in suites or SUITES]
    return 0 if all(outcomes) else 1


def passes(suite: str, package: Path, output: Path) -> bool:
    """Print what a suite's Blender does; return whether all is well, also where it cannot run."""
    print(f"== Blender {SUITES[suite]} in a window (Debian {suite})", flush=True)
    files = [package, HERE / "fake_worker.py"]
    try:
        log = run_session(suite, HERE / "gui_session.py", files, output, LIMIT_SECONDS)
    except NotPossibleError as error:
        print(f"Skipped: {error}")
        return True
    told = [line for line in log.splitlines() if line.startswith(_TOLD)]
    print("\n".join(told), f"Pictures and the log are in {output}.", sep="\n", flush=True)
    return "END" in told and not any(each.startswith("FAIL") for each in told)


if __name__ == "__main__":
    sys.exit(main())
