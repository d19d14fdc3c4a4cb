"""Install in a process of its own: ``install_process.py FOLDER < VARIANT``, a line of JSON.

Prints a line when the work is under way, goes on after a line of input, and at the end prints what
the artist would be told.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.jambatalk_root import addon_module  # noqa: E402

installer = addon_module("installer.install")
variants = addon_module("installer.variants")
paused = False


def pause(_fraction: float, _message: str) -> None:
    """Wait once for the test."""
    global paused  # noqa: PLW0603
    if not paused:
        paused = True
        print("under way", flush=True)
        sys.stdin.readline()


wheels = tuple(variants.Wheel(**each) for each in json.loads(sys.stdin.readline()))
try:
    print(installer.install(variants.Variant("light", "test", wheels), Path(sys.argv[1]), pause))
except installer.UserError as error:
    print(error)
