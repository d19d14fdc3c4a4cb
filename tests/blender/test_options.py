"""Every option of a bake, in every place that is a view of the one list of them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import helpers
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

HERE = Path(__file__).resolve().parent


@pytest.fixture
def stage(scene: bpy.types.Scene, tmp_path: Path) -> Path:
    """A saved scene with a head, beside 1 s of sound."""
    rig = load_face_rig()
    helpers.make_head(rig.neutral, rig.faces)
    helpers.write_wav(tmp_path / "line.wav", 1.0)
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


def test_settings_give_back_the_options_they_were_given(addon: Addon, scene: object) -> None:
    options = addon("panel.options")
    chosen = options.BakeOptions(
        style="wide", strength=0.7, output="EXACT", tolerance_mm=0.1, edits="REPLACE"
    )
    options.write(bpy.context.scene.jambatalk, chosen)
    assert options.read(bpy.context.scene.jambatalk) == chosen


JOBS = """audio,scene,mesh,start,output,Blink Rate,takes,mirrored,temper,script
line.wav,stage.blend,Head,1,a.blend,0.7,,no,glad,line.wav
line.wav,stage.blend,Head,1,b.blend,,2,,,
line.wav,stage.blend,Head,1,c.blend,,1.5,,,
"""
NEW = ("blink_rate", "takes", "mirrored", "mood")


def with_more_options(stage: Path) -> tuple[dict[str, Any], list[str]]:
    """Run ``one_more_option.py`` on a scene; return what it found and the lines of its batch."""
    jobs, told = stage.with_name("jobs.csv"), stage.with_name("told.json")
    jobs.write_text(JOBS)
    home = os.environ["BLENDER_USER_RESOURCES"] + "-x"
    done = subprocess.run(
        [sys.executable, str(HERE / "one_more_option.py"), str(stage), str(jobs), str(told)],
        env=os.environ | {"BLENDER_USER_RESOURCES": home},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(told.read_text()), done.stdout.splitlines()


def test_one_more_option_shows_up_everywhere(
    stage: Path, worker: UseWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "requests.jsonl"
    monkeypatch.setenv("JAMBATALK_FAKE_LOG", str(log))
    found, lines = with_more_options(stage)

    assert found["code"] == 1  # the third row is none
    assert any("Line 4: The column takes is wrong: 1.5 is not a whole" in line for line in lines)
    requests = map(json.loads, log.read_text().splitlines())
    first, second = (each["options"] for each in requests if each["op"] == "predict")
    assert [first[name] for name in NEW] == [0.7, 3, False, "glad"]
    assert [second[name] for name in NEW] == [0.3, 2, True, ""]

    for flag in ("--blink-rate", "--takes TAKES", "--mirrored, --no-mirrored", "--temper TEMPER"):
        assert flag in found["help"]
    assert "how many blinks a second (0.3)" in found["help"]
    assert found["properties"]["blink_rate"] == ["FLOAT", "Blinks", "How many blinks a second"]
    kinds = [found["properties"][name][0] for name in NEW]
    assert kinds == ["FLOAT", "INT", "BOOLEAN", "STRING"]
    assert found["bounds"] == [1, 4]
    assert found["held"] == {"blink_rate": 0.1, "takes": 4, "mood": "sad"}

    results = [json.loads(line) for line in (tmp_path / "jobs.csv.results.jsonl").open()]
    own = {"style": "neutral"}
    assert results[0]["options"] == own | {"blink_rate": 0.7, "takes": 3, "mood": "glad"}
    assert results[1]["options"] == own | {"takes": 2, "mirrored": True}
    assert first["script"] == str(tmp_path / "line.wav")
    assert results[0]["inputs"]["script"] == results[0]["inputs"]["audio"]  # by what it holds
    assert "script" not in results[1]["inputs"]
