"""Audio2Face's export and Audio2Face-3D's frames, as their programs write them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.formats.registry import reading_of, recognised, write_motion
from model_core.motion.motion import Motion
from model_core.rig.arkit import ARKIT, TONGUE, named_basis
from model_core.rig.rig import load_face_rig


def export(**changes: Any) -> dict[str, Any]:
    """Return an export of three frames of two poses, with changes; None takes a field out."""
    content = {
        "exportFps": 30.0,
        "trackPath": "C:/sounds/line.wav",
        "numPoses": 2,
        "numFrames": 3,
        "facsNames": ["jawOpen", "eyeBlinkLeft"],
        "weightMat": [[0.1, 0.0], [0.2, 0.5], [0.3, 1.0]],
    }
    return {name: value for name, value in (content | changes).items() if value is not None}


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "line_bsweight.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_an_export_is_read_by_its_names(tmp_path: Path) -> None:
    motion, notes = reading_of(written(tmp_path, export()))
    assert (motion.fps, motion.names, notes) == (30.0, ("jawOpen", "eyeBlinkLeft"), ())
    np.testing.assert_allclose(motion.weights, export()["weightMat"], atol=1e-7)
    np.testing.assert_array_equal(motion.basis, load_face_rig().select(motion.names))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exportFps": None}, "60 frames a second were taken"),
        ({"facsNames": ["jawOpen", "earWiggle"]}, "the poses earWiggle"),
        ({"joints": ["jaw"], "rotations": [[[0, 0, 0, 1]]] * 3}, "joints were left out"),
    ],
)
def test_what_is_taken_for_granted_or_left_out_is_told(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    _, (note,) = reading_of(written(tmp_path, export(**changes)))
    assert says in note


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        export(facsNames=None),
        export(facsNames=3),
        export(facsNames=["a", "b"]),
        export(facsNames=["jawOpen", "JawOpen"]),
        export(weightMat=[]),
        export(weightMat=[[0.1], [0.2, 0.3]]),
        export(weightMat=[[0.1], [0.2]]),
        export(weightMat=[["x", 1]]),
        export(weightMat=[[float("nan"), 1]]),
        export(weightMat=[[10**400, 1]]),
        export(exportFps=0),
        export(exportFps="fast"),
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence(content: object, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no Audio2Face export: ") as refused:
        reading_of(written(tmp_path, content))
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_an_export_has_the_fields_that_importers_ask_for(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    names = ("jawOpen", "browInnerUpLeft", "browInnerUpRight")
    weights = np.linspace(0, 1, 6, dtype=np.float32)[:, None].repeat(3, axis=1)
    write_motion(Motion(30.0, names, load_face_rig().select(names), weights), path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content) == list(export())
    assert content["exportFps"] == 30 and isinstance(content["exportFps"], int)
    assert content["facsNames"] == list(ARKIT)
    assert (content["numPoses"], content["numFrames"]) == (52, 6)
    assert np.shape(content["weightMat"]) == (6, 52)
    for name in ("jawOpen", "browInnerUp"):
        column = np.transpose(content["weightMat"])[ARKIT.index(name)]
        np.testing.assert_allclose(column, np.linspace(0, 1, 6), atol=1e-6)


def test_animation_frames_are_read_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "animation_frames.csv"
    path.write_text(
        ",timeCode,blendShapes.JawOpen,blendShapes.TongueTipUp,blendShapes.MouthClose\n"
        "0,0.0,0.5,0.1,0.2\n1,0.0333333,0.6,0.2,0.3\n2,0.0666667,0.7,0.3,0.4\n",
        encoding="utf-8",
    )
    assert recognised(path) == "a2f-csv"
    motion, notes = reading_of(path)
    assert (motion.fps, notes) == (30, ())
    assert motion.names == ("jawOpen", "tongueTipUp", "mouthClose")
    np.testing.assert_allclose(motion.weights[:, 0], [0.5, 0.6, 0.7], atol=1e-6)
    assert not motion.basis[1].any()


@pytest.mark.parametrize(("name", "file"), [("a2f", "m.json"), ("a2f-csv", "m.csv")])
def test_the_tongue_comes_back_where_there_is_one(name: str, file: str, tmp_path: Path) -> None:
    names = ("jawOpen", "tongueOut", *TONGUE)
    weights = np.random.default_rng(0).random((12, len(names))).astype(np.float32)
    motion = Motion(60.0, names, named_basis(names), weights)
    assert write_motion(motion, tmp_path / file, name) == ()
    again, notes = reading_of(tmp_path / file)
    assert not notes
    columns = [again.names.index(each) for each in names]
    np.testing.assert_allclose(again.weights[:, columns], weights, atol=1e-6)
