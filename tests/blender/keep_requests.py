"""The model's worker, which also keeps what it is asked: `python keep_requests.py FOLDER`.

So that the very same can be asked of it again, files of a request that its Blender removes
afterwards are copied, and what is written goes into the folder as well.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Serve the parent process."""
    from model_core.worker.main import main as serve

    kept = _kept(sys.stdin.buffer, Path(sys.argv[1]))
    sys.stdin = SimpleNamespace(buffer=kept)  # type: ignore[assignment]
    serve()


def _kept(lines: BinaryIO, folder: Path) -> Iterator[bytes]:
    """Yield requests, each kept before."""
    for number, line in enumerate(lines):
        with (folder / "requests.jsonl").open("a") as file:
            file.write(json.dumps(_again(json.loads(line), number, folder)) + "\n")
        yield line


def _again(request: dict[str, Any], number: int, folder: Path) -> dict[str, Any]:
    """Return a request that can still be asked when its Blender is gone."""
    asked = request | {"output": str(folder / "motion.npz")}
    if curves := request.get("curves"):
        asked["curves"] = curves | {"output": str(folder / "curves.npz")}
        if target := curves.get("target"):
            copy = folder / f"{number}{Path(target).suffix}"
            asked["curves"]["target"] = str(shutil.copy(target, copy))
    return asked


if __name__ == "__main__":
    main()
