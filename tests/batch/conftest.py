"""Batches run by the command line, with stand-ins for Blender and the model."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIMIT_SECONDS = 120
HEADER = "audio,scene,mesh,start,output\n"


class Studio:
    """A folder with a table, sounds and a scene."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "s.blend").write_text("a scene")
        self.blender = self._launcher("blender", "fake_blender.py")
        self.model = self._launcher("model", "fake_model.py")
        self.table = folder / "jobs.csv"

    def _launcher(self, name: str, script: str) -> Path:
        path = self.folder / name
        own = f'[ "$2" = model_core ] && exec "{sys.executable}" "$@"'  # to make the page
        path.write_text(f'#!/bin/sh\n{own}\nexec "{sys.executable}" "{HERE / script}"\n')
        path.chmod(0o755)
        return path

    def sounds(self, *names: str) -> None:
        """Make sounds that are told apart by their lengths."""
        for number, name in enumerate(names, 1):
            (self.folder / f"{name}.wav").write_bytes(b"x" * number)

    def jobs(self, *names: str) -> None:
        """Make sounds, and a table with a job for each."""
        self.sounds(*names)
        rows = [f"{name}.wav,s.blend,Head,1,out/{name}.blend\n" for name in names]
        self.table.write_text(HEADER + "".join(rows))

    def command(self, *options: object) -> tuple[list[str], dict[str, Any]]:
        """Return how to run the table."""
        command = [sys.executable, "-m", "model_core", "batch", self.table]
        command += ["--blender", self.blender, *options]
        environment = os.environ | {"JAMBATALK_PYTHON": str(self.model)}
        return [str(word) for word in command], {"cwd": ROOT, "env": environment}

    def run(self, *options: object) -> subprocess.CompletedProcess[str]:
        """Run the table to its end."""
        command, how = self.command(*options)
        return subprocess.run(
            command, **how, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )

    def made(self) -> dict[str, bytes]:
        """Return what lies in the folder of outputs."""
        return {path.name: path.read_bytes() for path in (self.folder / "out").iterdir()}

    def results(self) -> list[dict[str, Any]]:
        """Return the records of all files of results."""
        files = sorted(self.folder.glob("*.results.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    if os.name == "nt":
        pytest.skip("the stand-ins are started by a shell")
    return Studio(tmp_path)
