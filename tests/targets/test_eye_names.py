"""Eyeballs known by the names that rigs give their bones."""

import pytest

from model_core.targets.naming.eyes import LEFT, RIGHT, eye_of


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("eye.L", LEFT), ("Eye_R", RIGHT), ("LeftEye", LEFT), ("mixamorig:RightEye", RIGHT),
        ("CC_Base_L_Eye", LEFT), ("J_Adj_R_FaceEye", RIGHT), ("FACIAL_L_Eye", LEFT),
        ("rEye", RIGHT), ("DEF-eye.R", RIGHT), ("EyeBall_L", LEFT), ("c_eye.l", LEFT),
        ("eye.L.001", LEFT), ("Anna Eye Left", LEFT),
    ],
)  # fmt: skip
def test_eyeballs_are_known_with_their_side(name: str, side: int) -> None:
    assert eye_of(name, "Anna") == side


@pytest.mark.parametrize(
    "name",
    [
        "eyelid.L", "eye_target.L", "LeftEyeBrow", "Eyes", "master_eye.L", "lid.T.L", "eye_L_R",
        "eye_socket_l", "eyelash.L", "eyeBlinkLeft", "c_eye_target.l", "Ben Eye Left", "",
    ],
)  # fmt: skip
def test_what_is_about_eyes_is_no_eyeball(name: str) -> None:
    assert eye_of(name, "Anna") is None
