"""Poses of bones, mixed by the channels of a motion."""

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.motion.closures import lip_opening
from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.targets.bone_poses import (
    BonePoses,
    channels_of,
    closed_over_jaw,
    pose_names,
    vector_of,
)
from model_core.targets.calibration_poses import WANTED, controls_of, rig_named

REST = {"location": [0.0, 0, 0], "rotation": [1.0, 0, 0, 0], "scale": [1.0, 1, 1]}


def turn(degrees: float, axis: int) -> list[float]:
    half = np.radians(degrees) / 2
    return [np.cos(half), *(np.sin(half) * np.eye(3)[axis])]


def calibration() -> BonePoses:
    return BonePoses.from_json(
        {
            "jawOpen": {"jaw": {**REST, "rotation": turn(20, 0)}, "lip": REST},
            "jawLeft": {"jaw": {**REST, "rotation": turn(10, 0)}},
            "mouthSmile": {"lip": {**REST, "location": [0.0, 2, 0], "scale": [4.0, 1, 1]}},
        }
    )


def motion(weights: dict[str, list[float]]) -> Motion:
    names = tuple(weights)
    columns = np.array(list(weights.values()), np.float32).T
    return Motion(30.0, names, load_face_rig().select(names), columns)


AUTO_RIG_PRO = """
c_jawbone.x c_lips_smile.l c_lips_smile.r c_lips_top.x c_lips_bot.x c_lips_top.l c_lips_top.r
c_lips_bot.l c_lips_bot.r c_lips_top_01.l c_lips_top_01.r c_lips_bot_01.l c_lips_bot_01.r
c_eyelid_top.l c_eyelid_top.r c_eyelid_bot.l c_eyelid_bot.r c_eyebrow_full.l c_eyebrow_full.r
c_eyebrow_01.l c_eyebrow_01.r c_eyebrow_02.l c_eyebrow_02.r c_eyebrow_03.l c_eyebrow_03.r
c_cheek_smile.l c_cheek_smile.r c_tong_01.x c_tong_02.x c_tong_03.x c_head.x
"""
RIGIFY = """
jaw_master lips.L lips.R lip.T lip.B lip.T.L.001 lip.T.R.001 lip.B.L.001 lip.B.R.001 lid.T.L.002
lid.T.R.002 lid.B.L.002 lid.B.R.002 brow.T.L.001 brow.T.R.001 brow.T.L.002 brow.T.R.002 brow.T.L.003
brow.T.R.003 nose_master
"""


@pytest.mark.parametrize("names", [AUTO_RIG_PRO, RIGIFY], ids=["Auto-Rig Pro", "Rigify"])
def test_every_pose_has_controls_on_rigs_that_are_known(names: str) -> None:
    bones = names.split()
    rig = rig_named(bones)
    assert rig == ("Auto-Rig Pro's face" if "c_jawbone.x" in bones else "Rigify's face")
    for pose in WANTED:
        wanted = WANTED[pose]
        asked = wanted.auto_rig_pro if "c_jawbone.x" in bones else wanted.rigify
        assert controls_of(pose, bones) == asked != "", pose
    assert rig_named(["jaw", "lip"]) == controls_of("jawOpen", ["jaw"]) == ""


def test_at_rest_nothing_moves() -> None:
    where, turned, scaled = calibration().mixed(np.zeros((2, 3)))
    assert np.array_equal(where, np.zeros((2, 2, 3)))
    assert np.array_equal(turned, np.broadcast_to([1.0, 0, 0, 0], (2, 2, 4)))
    assert np.array_equal(scaled, np.ones((2, 2, 3)))


def test_one_pose_is_itself_and_half_of_it_half_the_angle() -> None:
    _, turned, _ = calibration().mixed(np.array([[1.0, 0, 0], [0.5, 0, 0]]))
    assert turned[0, 0] == pytest.approx(turn(20, 0))
    assert turned[1, 0] == pytest.approx(turn(10, 0))


def test_turns_about_one_axis_add_up_and_scales_multiply() -> None:
    where, turned, scaled = calibration().mixed(np.array([[1.0, 1.0, 0.5]]))
    assert turned[0, 0] == pytest.approx(turn(30, 0))
    assert where[0, 1] == pytest.approx([0, 1, 0])
    assert scaled[0, 1] == pytest.approx([2, 1, 1])


def test_quaternions_go_on_past_half_a_turn() -> None:
    poses = BonePoses.from_json({"jawOpen": {"jaw": {"rotation": turn(170, 1)}}})
    _, turned, _ = poses.mixed(np.linspace(-2, 2, 101)[:, None])
    assert np.linalg.norm(np.diff(turned[:, 0], axis=0), axis=1).max() < 0.07


def test_the_shorter_way_round_is_meant() -> None:
    assert vector_of([-np.cos(0.1), np.sin(0.1), 0, 0]) == pytest.approx([-0.2, 0, 0])


def test_stored_poses_are_read_back() -> None:
    made = calibration()
    again = BonePoses.from_json(made.to_json())
    assert (again.poses, again.bones) == (made.poses, made.bones)
    assert again.offsets == pytest.approx(made.offsets)


def test_a_channel_goes_to_its_pose_and_both_sides_to_theirs() -> None:
    spoken = motion({"jawOpen": [0.4, 0], "mouthSmileLeft": [0, 0.2], "mouthSmileRight": [0, 0.6]})
    posed, notes = calibration().weigh(spoken)
    assert posed.weights == pytest.approx(np.array([[0.4, 0, 0], [0, 0, 0.4]]), abs=1e-6)
    assert notes == []


def test_without_a_pose_that_closes_lips_the_jaw_closes_them() -> None:
    poses = BonePoses.from_json({"jawOpen": {"jaw": {"rotation": turn(20, 0)}}})
    spoken = motion({"jawOpen": [0.5, 0.5], "mouthClose": [0.0, 0.5], "browDownLeft": [0, 1]})
    posed, notes = poses.weigh(spoken)
    open_jaw, closed_jaw = posed.weights[:, 0]
    assert closed_jaw < 0.2
    assert open_jaw > 0.4
    wanted, got = lip_opening(spoken), lip_opening(posed)
    assert wanted is not None and got is not None and got[0] == pytest.approx(wanted[0], rel=0.2)
    assert ["mouthClose" in notes[0], "browDownLeft" in notes[1]] == [True, True]


def test_what_a_pose_may_be_called() -> None:
    assert {"jawOpen", "mouthSmile", "mouthSmileLeft", "eyeBlink", "browInnerUp"} <= {*pose_names()}
    assert channels_of("mouthSmile") == ("mouthSmileLeft", "mouthSmileRight")
    assert channels_of("jawLeft") == ("jawLeft",)


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {"jawopen": {}},
        {"mouthSmile": {}, "mouthSmileLeft": {}},
        {"jawOpen": {"jaw": {"scale": [0, 1, 1]}}},
        {"jawOpen": {"jaw": {"rotation": [0, 0, 0, 0]}}},
        {"jawOpen": {"jaw": {"location": [float("nan"), 0, 0]}}},
        {"jawOpen": {"jaw": {"location": [0, 0]}}},
        {"jawOpen": 3},
    ],
)
def test_what_is_no_calibration_is_refused_in_a_sentence(stored: object) -> None:
    with pytest.raises(UserError):
        BonePoses.from_json(stored)


def test_lips_closed_over_an_open_jaw_are_stored_without_it() -> None:
    jaw = {"jaw": {"rotation": [float(np.cos(0.2)), float(np.sin(0.2)), 0.0, 0.0]}}
    half = {
        "jaw": {"rotation": [float(np.cos(0.1)), float(np.sin(0.1)), 0.0, 0.0]},
        "lip": {"location": [0.0, 0.01, 0.0]},
    }
    alone, share = closed_over_jaw(half, jaw)
    assert share == pytest.approx(0.5)
    assert set(alone) == {"lip"}
    assert alone["lip"]["location"] == pytest.approx([0.0, 0.02, 0.0])
    over_shut = {"lip": {"location": [0.0, 0.01, 0.0]}}
    assert closed_over_jaw(over_shut, jaw) == (over_shut, 0.0)
