"""The examples do what they say, run as their README says."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from model_core.__main__ import main
from model_core.base.assets import DEMO_SPEECH
from model_core.formats.registry import read_motion, recognised
from model_core.training.registry import RECIPES

ROOT = Path(__file__).resolve().parents[2]


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, ROOT / "examples" / script, *map(str, arguments)]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wav_to_csv(tmp_path: Path) -> None:
    output = tmp_path / "take.csv"
    assert "182 frames of 25 moving channels" in run("wav_to_csv.py", DEMO_SPEECH, output, 30)
    header, *rows = output.read_text(encoding="utf-8").splitlines()
    assert len(header.split(",")) == 63 and header.startswith("Timecode,BlendshapeCount,")
    assert len(rows) == 182 and all(row.count(",") == 62 for row in rows)
    assert recognised(output) == "livelink"
    motion = read_motion(output)
    assert motion.fps == pytest.approx(30)
    assert motion.weights.max() > 0.1


def test_study_systems(tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    shutil.copy(DEMO_SPEECH, sounds / "demo.flac")
    shutil.copy(ROOT / "tests" / "study" / "demo_rhubarb.json", sounds / "demo.json")
    assert "demo  jambatalk  energy_jaw  rhubarb" in run("study_systems.py", sounds, tmp_path)
    made = [tmp_path / name for name in ("jambatalk", "energy_jaw", "rhubarb")]
    assert main(["study", *map(str, made), "-o", str(tmp_path / "study")]) == 0
    assert (tmp_path / "study" / "study.html").stat().st_size < 2_500_000


def test_evaluate_model(tmp_path: Path) -> None:
    phones = tmp_path / "phones.txt"
    phones.write_text("_ 0 0.4\nA 0.4 0.7\np 0.7 0.8\nA 0.8 1.1\n_ 1.1 6\n", encoding="utf-8")
    assert "bilabials" in run("evaluate_model.py", DEMO_SPEECH, phones)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_of_train_is_where_it_is_said_to_be(recipe: str) -> None:
    assert callable(import_module(f"model_core.training.{RECIPES[recipe].module}").train)
