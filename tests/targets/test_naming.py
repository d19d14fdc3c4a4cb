"""Which sets of shapes the names of keys tell, in any spelling, and what the report says."""

import argparse
import json
from pathlib import Path

import pytest

from model_core.base.errors import UserError
from model_core.cli import rig_report
from model_core.rig.arkit import ARKIT
from model_core.rig.dialects import of_arkit
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.targets.naming.detection import Detection, detect
from model_core.targets.target_file import write_geometry
from tests.named_heads import ARKIT_SPELLINGS, POSE_SETS, arkit_keys, flame_head, pose_keys

HEAD = flame_head()
_METAHUMAN = """
jawOpen jawFwd jawLeft jawRight mouthFunnelUL mouthFunnelUR mouthFunnelDL mouthFunnelDR
mouthLipsPurseUL mouthLipsPurseUR mouthLipsPurseDL mouthLipsPurseDR mouthLipsTogetherUL
mouthLipsTogetherUR mouthLipsTogetherDL mouthLipsTogetherDR mouthUpperLipRaiseL mouthUpperLipRaiseR
mouthLowerLipDepressL mouthLowerLipDepressR mouthCornerPullL mouthCornerPullR mouthStretchL
mouthStretchR mouthDimpleL mouthDimpleR mouthLipsPressL mouthLipsPressR mouthUpperLipRollInL
mouthUpperLipRollInR mouthLowerLipRollInL mouthLowerLipRollInR jawChinRaiseDL jawChinRaiseDR
jawChinRaiseUL jawChinRaiseUR eyeLookLeftL eyeLookLeftR eyeLookRightL eyeLookRightR eyeBlinkL
eyeBlinkR browRaiseInL browRaiseInR
"""
METAHUMAN = _METAHUMAN.split()


def keys_of(found: Detection, source: str) -> set[str]:
    return {link.target for link in found.shape_map.links if link.source == source}


@pytest.mark.parametrize("spelling", ARKIT_SPELLINGS)
def test_arkit_is_whole_in_every_spelling(spelling: str) -> None:
    write = ARKIT_SPELLINGS[spelling]
    found = detect(arkit_keys(HEAD, spelling))
    assert found.mouth is not None
    assert found.is_full
    assert set(load_face_rig().names) <= set(found.shape_map.sources)
    assert set(found.mouth.missing) <= {"tongueOut"}
    for name in (*SPEECH_SHAPES, "eyeLookInLeft", "browOuterUpRight", "jawLeft"):
        assert keys_of(found, name) == {write(name)}


def test_a_key_for_both_sides_moves_by_half_of_each() -> None:
    links = detect(arkit_keys(HEAD, "Apple")).shape_map.links
    assert [link.gain for link in links if link.target == "cheekPuff"] == [0.5, 0.5]
    told = detect(arkit_keys(HEAD, "Apple")).lines()
    assert "'cheekPuff' serves cheekPuffLeft and cheekPuffRight." in told


def test_names_of_cc4_look_the_right_way() -> None:
    found = detect(arkit_keys(HEAD, "CC4"))
    assert keys_of(found, "eyeLookInLeft") == {"Eye_L_Look_R"}
    assert keys_of(found, "eyeLookOutRight") == {"Eye_R_Look_R"}
    assert "CC4" in found.title


def test_metahumans_quarters_move_together() -> None:
    found = detect(f"CTRL_expressions_{name}" for name in METAHUMAN)
    assert "MetaHuman" in found.title
    assert set(SPEECH_SHAPES) <= set(found.shape_map.sources)
    assert len(keys_of(found, "mouthClose")) == len(keys_of(found, "mouthPucker")) == 4
    assert keys_of(found, "eyeLookInLeft") == {"CTRL_expressions_eyeLookRightL"}


MIXAMO = """
Blink_Left Blink_Right BrowsDown_Left BrowsDown_Right BrowsUp_Left BrowsUp_Right Jaw_Down
JawForeward LowerLipDown_Left LowerLipDown_Right LowerLipIn UpperLipIn UpperLipUp_Left
UpperLipUp_Right MouthNarrow_Left MouthNarrow_Right MouthOpen Smile_Left Smile_Right Frown_Left
Squint_Left
"""


def test_mixamos_names_are_known() -> None:
    found = detect(f"Facial_Blends.{name}" for name in MIXAMO.split())
    assert "Mixamo" in found.title
    assert keys_of(found, "jawOpen") == {"Facial_Blends.MouthOpen"}
    assert len(keys_of(found, "mouthPucker")) == 2
    assert keys_of(found, "mouthSmileLeft") == {"Facial_Blends.Smile_Left"}


DAZ_8 = """
jnt_EyeBlink* bs_EyeSquint*_div2 jnt_EyesWide* ctrl_EyeLookUp-Down* ctrl_EyeLookSide-Side*
jnt_JawOpen jnt_JawForward jnt_JawLeft jnt_JawRight bs_MouthFunnel_div2 bs_MouthPucker_div2
bs_MouthLeft_div2 bs_MouthRight_div2 bs_MouthRollUpper_div2 bs_MouthRollLower_div2
bs_MouthShrugUpper_div2 bs_MouthShrugLower_div2 bs_MouthClose_div2 bs_MouthSmile*_div2
bs_MouthFrown*_div2 bs_MouthDimple*_div2 bs_MouthUpperUp*_div2 bs_MouthLowerDown*_div2
bs_MouthPress*_div2 bs_MouthStretch*_div2 ctrl_BrowInnerUp BrowDown* BrowOuterUp* ctrl_CheekPuff
bs_CheekSquint*_div2 bs_NoseSneer*_div2 bs_TongueOut
"""
DAZ_9 = """
bs_EyeBlink* bs_EyeSquint* ctrl_EyeWide* ctrl_EyeLookUp-Down* ctrl_EyeLookSide-Side* bs_JawOpen
ctrl_JawForward-Recess ctrl_JawLeft-Right ctrl_MouthFunnel ctrl_MouthPucker ctrl_MouthRollUpper
ctrl_MouthRollLower ctrl_MouthShrugUpper ctrl_MouthShrugLower ctrl_MouthClose ctrl_MouthPress*
ctrl_MouthLeft-Right bs_MouthSmile* bs_MouthFrown* bs_MouthDimple* bs_MouthUpperUp*
bs_MouthLowerDown* bs_MouthStretch* ctrl_BrowInnerUp BrowDown* BrowOuterUp* ctrl_CheekPuff
bs_CheekSquint* bs_NoseSneer* bs_TongueOut
"""


@pytest.mark.parametrize("names", [DAZ_8, DAZ_9], ids=["Genesis 8.1", "Genesis 9"])
def test_daz_figures_do_all_of_arkit(names: str) -> None:
    sides = [name.replace("*", side) for name in names.split() for side in ("Left", "Right")]
    found = detect(dict.fromkeys(f"facs_{name}" for name in sides))
    assert "Daz" in found.title
    assert of_arkit(found.shape_map.sources) == set(ARKIT)


def test_keys_that_go_two_ways_have_two_lines() -> None:
    found = detect([*arkit_keys(HEAD, "Daz"), "facs_ctrl_EyeLookUp-DownLeft"])
    assert keys_of(found, "eyeLookUpLeft") == {"facs_bs_EyeLookUpLeft_div2"}
    alone = detect(["facs_jnt_JawOpen", "facs_ctrl_EyeLookUp-DownLeft", "facs_ctrl_JawLeft-Right"])
    gains = {link.source: link.gain for link in alone.shape_map.links}
    assert gains["eyeLookUpLeft"] == gains["jawLeft"] == 1
    assert gains["eyeLookDownLeft"] == gains["jawRight"] == -1


@pytest.mark.parametrize("pose_set", POSE_SETS)
def test_sets_of_poses_are_known(pose_set: str) -> None:
    found = detect(pose_keys(HEAD, pose_set))
    assert found.mouth is not None
    slugs = {source.split("/")[0] for source in found.shape_map.sources if "/" in source}
    assert len(slugs) == 1
    expected = {
        "VRM 1.0": "vrm",
        "VRM 0.x": "vowels",
        "VRoid": "vowels",
        "uLipSync": "vowels",
        "MMD": "mmd",
        "Microsoft": "microsoft",
        "MPFB": "microsoft",
        "CC4 8+7": "reallusion",
        "CC3 8+7": "reallusion",
        "CC 1:1": "reallusion-direct",
        "Daz": "daz",
        "Rhubarb": "rhubarb",
        "Preston": "preston-blair",
    }
    assert slugs == {expected.get(pose_set, "oculus")}


def test_order_does_not_count() -> None:
    names = list(arkit_keys(HEAD, "Apple"))
    links = set(detect(names).shape_map.links)
    assert set(detect(reversed(names)).shape_map.links) == links


def test_arkit_wins_the_mouth_over_visemes_and_says_so() -> None:
    found = detect([*arkit_keys(HEAD, "Apple"), *pose_keys(HEAD, "RPM")])
    assert found.mouth is not None
    assert found.mouth.title == "ARKit shapes"
    assert not any("/" in source for source in found.shape_map.sources)
    assert "There too, and not used: Oculus visemes." in found.lines()


def test_visemes_win_over_a_few_arkit_shapes_which_move_the_rest() -> None:
    few = ["jawOpen", "mouthSmileLeft", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight"]
    found = detect([*few, *pose_keys(HEAD, "Oculus")])
    assert found.mouth is not None
    assert found.mouth.title == "Oculus visemes"
    assert {"browInnerUpLeft", "eyeBlinkRight"} <= set(found.shape_map.sources)
    assert "jawOpen" not in found.shape_map.sources
    assert set(found.unused) == {"jawOpen", "mouthSmileLeft"}


def test_correctives_copies_and_doubles_are_not_taken() -> None:
    found = detect(["Jaw_Open", "jawOpen", "jawOpen.001", *SPEECH_SHAPES[1:], "jawOpen_mouthClose"])
    assert len(keys_of(found, "jawOpen")) == 1
    assert keys_of(found, "mouthClose") == {"mouthClose"}
    assert len(found.doubts) == 1
    assert "named alike" in found.doubts[0]
    assert "jawOpen_mouthClose" in found.unused


@pytest.mark.parametrize(
    "names", [[], ["Key 1", "Fat"], ["A", "B", "Open"], ["happy", "sad", "aa"]]
)
def test_other_keys_are_no_face(names: list[str]) -> None:
    found = detect(names)
    assert found.mouth is None
    assert not found.shape_map.links
    assert found.lines()[0] == "No set of shapes for a mouth was recognised."


def report(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    rig_report.add_parser(parser.add_subparsers())
    args = parser.parse_args(["rig-report", *map(str, arguments)])
    code: int = args.func(args)
    return code


def test_the_report_reads_lines_json_and_meshes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = arkit_keys(HEAD, "CC4")
    (tmp_path / "a.txt").write_text("\n".join(keys), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(list(keys)), encoding="utf-8")
    write_geometry(HEAD.with_keys({name: keys[name] for name in keys}), "Head", tmp_path / "a.npz")
    printed = []
    for name in ("a.txt", "a.json", "a.npz"):
        assert report(tmp_path / name) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] == printed[2]
    assert "The mouth: ARKit shapes (CC4 names), 51 of 52." in printed[0]
    assert "Missing: tongueOut." in printed[0]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "holds no names"),
        ("a.txt", b"\xff\xfe\xff", "cannot be read as text"),
        ("a.txt", b"Key 1\nKey 2\n", "No set of mouth shapes.*Prepare This Head"),
        ("a.json", b"{", "is not JSON"),
        ("a.json", b'{"a": 1}', "no list of names"),
        ("a.npz", b"PK", "not the file of a mesh"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words):
        report(tmp_path / name)
    with pytest.raises(UserError, match=r"missing\.txt"):
        report(tmp_path / "missing.txt")
