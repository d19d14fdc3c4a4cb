#!/usr/bin/env python3
"""Tell how often a real window draws live speech: ``measure_live_window.py ZIP OUT [SUITE]``.

ZIP is the one for linux-x64 with the light runtime; OUT gets the log. `tools.debian_blender` makes
Blender's chroot, on Linux as root. Mesa draws on the processor, so that the machine must be quiet.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tools.debian_blender import NotPossibleError, run_session  # noqa: E402

LIMIT_SECONDS = 600


def main() -> int:
    """Print what was measured."""
    package, output, *suites = sys.argv[1:]
    files = [Path(package), HERE / "gui_session.py", HERE / "fake_worker.py"]
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    try:
        log = run_session(
            *(suites or ["sid"]), HERE / "live_window.py", files, Path(output), LIMIT_SECONDS
        )
    except NotPossibleError as error:
        print(f"Skipped: {error}")
        return 0
    told = [line for line in log.splitlines() if line.startswith(("TOLD", "END"))]
    print("\n".join(told))
    print(f"load {os.getloadavg()[0]:.1f}")
    return 0 if "END" in told else 1


if __name__ == "__main__":
    sys.exit(main())
