#!/usr/bin/env python3
"""Try the add-on in a real Blender window: ``gui_smoke.py sid|trixie ZIP OUT``.

Needs root, Debian's mirror and ``../shared/tools/blender_gui.sh``, which sets up Debian's Blender
(sid 5.2, trixie 4.3) in a chroot with a virtual screen. Pictures and the log end up in OUT.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCHER = HERE.parents[2] / "shared" / "tools" / "blender_gui.sh"
LIMIT_SECONDS = "500"


def main() -> int:
    """Return 0 if every check passed."""
    suite, package, output = sys.argv[1:]
    fake = (HERE / "fake_worker.py").read_text(encoding="utf-8")
    session = (HERE / "gui_session.py").read_text(encoding="utf-8")
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as script:
        script.write(f"FAKE_WORKER = {fake!r}\n{session}")
        script.flush()
        subprocess.run(
            ["bash", LAUNCHER, suite, package, script.name, output],
            env={"LIMIT": LIMIT_SECONDS} | os.environ,
            check=False,
        )
    log = (Path(output) / "blender.log").read_text(encoding="utf-8", errors="replace")
    told = [line for line in log.splitlines() if line.startswith(("PASS ", "FAIL ", "END"))]
    print("\n".join(told))
    passed = "END" in told and not any(line.startswith("FAIL") for line in told)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
