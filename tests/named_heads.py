"""Heads with shape keys under the names that sets in use have, for whoever tries any of them.

`ict_head` is of another topology than ours (26,719 vertices, teeth, gums and eyes among them) and
needs the material beside the checkout; `flame_head` is made of our own rig and runs anywhere. What
a pose is made of is written here anew, with other proportions than the product's own table.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_core.rig.arkit import SIDED
from model_core.rig.geometry import Geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import INNER_LIP_PAIRS

Offsets = NDArray[np.float32]
Shapes = Mapping[str, Offsets]


@dataclass(frozen=True)
class Head:
    """A mesh, what shapes it can have, and where a person would measure its lips.

    Attributes:
        points: (V, 3).
        triangles: (F, 3).
        shapes: (V, 3) offsets by ARKit's names, and of what ARKit has for both sides, of each.
        pairs: (3, 2) upper and lower inner lip, from its makers' landmarks, not from ours.
        millimetre: in the mesh's units.
    """

    points: Offsets
    triangles: NDArray[np.int32]
    shapes: Shapes
    pairs: NDArray[np.int64]
    millimetre: float

    def with_keys(self, keys: Shapes) -> Geometry:
        """Return it with keys as the add-on hands it over."""
        totals = np.full(len(self.triangles), 3)
        return Geometry(self.points, self.triangles.ravel(), totals, dict(keys))

    def opening(self, keys: Shapes, names: tuple[str, ...], weights: NDArray) -> NDArray:
        """Return the (T,) rise of the upper over the lower lip in mm on the deformed mesh."""
        upper, lower = self.pairs.T
        apart = np.array([(keys[n][upper, 1] - keys[n][lower, 1]).mean() for n in names])
        return weights @ apart / self.millimetre


def ict_head(folder: Path) -> Head:
    """Return ICT-FaceKit's neutral head, whose file is ``face/ict_facekit_light.npz``."""
    with np.load(folder / "face" / "ict_facekit_light.npz") as stored:
        points, triangles = stored["neutral"], stored["all_triangles"]
        deltas = dict(
            zip(map(str, stored["names"]), stored["deltas"].astype(np.float32), strict=True)
        )
        landmarks = stored["landmarks68"]
    pairs = np.stack([landmarks[[61, 62, 63]], landmarks[[67, 66, 65]]], axis=1)
    named = {re.sub("_L$", "Left", re.sub("_R$", "Right", n)): d for n, d in deltas.items()}
    return Head(points, triangles, _apple(named), pairs, 0.1)


def flame_head() -> Head:
    """Return our own rig's neutral with its own shapes as keys."""
    rig = load_face_rig()
    shapes = _apple(dict(zip(rig.names, rig.basis, strict=True)))
    return Head(rig.neutral, rig.faces, shapes, np.array(INNER_LIP_PAIRS), 0.001)


def _apple(shapes: dict[str, Offsets]) -> Shapes:
    for name in SIDED:
        shapes[name] = shapes[f"{name}Left"] + shapes[f"{name}Right"]
    return shapes


def _sides(name: str, left: str, right: str) -> str:
    return re.sub("Left$", left, re.sub("Right$", right, name))


def _cc4(name: str) -> str:
    look = re.fullmatch("eyeLook(Up|Down|In|Out)(Left|Right)", name)
    if look:
        way, side = look[1], look[2][0]
        other = {"L": "R", "R": "L"}[side]
        way = {"In": other, "Out": side}.get(way, way)
        return f"Eye_{side}_Look_{way}"
    fixed = {
        "mouthRollUpper": "Mouth_Roll_In_Upper",
        "mouthRollLower": "Mouth_Roll_In_Lower",
    }
    stems = {
        "browDown": "Brow_Drop_",
        "browInnerUp": "Brow_Raise_Inner_",
        "browOuterUp": "Brow_Raise_Outer_",
        "cheekSquint": "Cheek_Raise_",
        "mouthUpperUp": "Mouth_Up_Upper_",
        "mouthLowerDown": "Mouth_Down_Lower_",
    }
    stem, side = re.fullmatch("(.*?)(Left|Right)?", name).groups()  # type: ignore[union-attr]
    if name in fixed:
        return fixed[name]
    if side and stem in stems:
        return stems[stem] + side[0]
    words = "_".join(re.findall("[A-Z][a-z]*", stem[0].upper() + stem[1:]))
    return f"{words}_{side[0]}" if side else words


def _daz(name: str) -> str:
    pascal = name[0].upper() + name[1:]
    fixed = {"JawOpen": "facs_jnt_JawOpen", "BrowInnerUp": "facs_ctrl_BrowInnerUp"}
    if pascal.startswith("Jaw") or pascal.startswith("EyeBlink"):
        return f"facs_jnt_{pascal}"
    if pascal.startswith("EyeWide"):
        return "facs_jnt_EyesWide" + pascal.removeprefix("EyeWide")
    plain = pascal.startswith(("BrowDown", "BrowOuter", "TongueOut"))
    return fixed.get(pascal, f"facs_bs_{pascal}" + ("" if plain else "_div2"))


ARKIT_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "Apple": lambda name: name,
    "Pascal": lambda name: name[0].upper() + name[1:],
    "_L _R": lambda name: _sides(name, "_L", "_R"),
    "prefix head__": lambda name: f"head__{name}",
    "prefix blendShape2.": lambda name: f"blendShape2.{name}",
    "MPFB": lambda name: f"!ex-{name}",
    "rig's own": lambda name: f"CH_Hero_{_sides(name, '.L', '.R')}_geo",
    "CC4": _cc4,
    "Daz": _daz,
}
"""How each set writes one of ARKit's names."""


def arkit_keys(head: Head, spelling: str) -> Shapes:
    """Return a head's ARKit shapes under the names of a spelling."""
    write, sided = ARKIT_SPELLINGS[spelling], spelling == "CC4"
    left_out = {name for both in SIDED.items() for name in ([both[0]] if sided else both[1])}
    return {write(name): key for name, key in head.shapes.items() if name not in left_out}


_QUARTERS = {
    "mouthFunnel": "mouthFunnel",
    "mouthPucker": "mouthLipsPurse",
    "mouthClose": "mouthLipsTogether",
}
_META = {
    "jawForward": "jawFwd",
    "mouthUpperUp": "mouthUpperLipRaise",
    "mouthLowerDown": "mouthLowerLipDepress",
    "mouthSmile": "mouthCornerPull",
    "mouthPress": "mouthLipsPress",
}


def metahuman_keys(head: Head) -> Shapes:
    """Return a head's mouth under MetaHuman's names, whose lips come in quarters."""
    middle = head.points[head.pairs].mean(axis=(0, 1))
    apart = np.tanh((head.points - middle) / (4 * head.millimetre)) / 2
    sides = {"L": 0.5 + apart[:, 0], "R": 0.5 - apart[:, 0]}
    rows = {"U": 0.5 + apart[:, 1], "D": 0.5 - apart[:, 1]}
    keys: dict[str, Offsets] = {}
    for name, key in head.shapes.items():
        stem, side = re.fullmatch("(.*?)(Left|Right)?", name).groups()  # type: ignore[union-attr]
        if name in _QUARTERS:
            for row, of_row in rows.items():
                for each, of_side in sides.items():
                    quarter = key * (of_row * of_side)[:, None].astype(np.float32)
                    keys[f"{_QUARTERS[name]}{row}{each}"] = quarter
        elif (side and stem.startswith("mouth")) or stem in ("jawOpen", "jawForward"):
            keys[_META.get(stem, stem) + (side or "")[:1]] = key
    for name, stem in (("mouthRollUpper", "UpperLipRollIn"), ("mouthRollLower", "LowerLipRollIn")):
        for each, of_side in sides.items():
            half = head.shapes[name] * of_side[:, None].astype(np.float32)
            keys[f"mouth{stem}{each}"] = half
    return {f"CTRL_expressions_{name}": key for name, key in keys.items()}


# What artists make the poses of: other amounts than the product assumes, and other shapes too.
_MIXES = """
closed  | mouthPress* .6 mouthShrugLower .05
bite    | jawOpen .04 mouthRollLower .6 mouthUpperUp* .2 mouthShrugLower .1
thin    | jawOpen .16 mouthStretch* .15 mouthLowerDown* .1
tip     | jawOpen .13 mouthUpperUp* .12 mouthLowerDown* .12
back    | jawOpen .22 mouthStretch* .05
hiss    | jawOpen .08 mouthClose .03 mouthStretch* .35 mouthLowerDown* .2 mouthDimple* .2
hush    | jawOpen .10 mouthFunnel .6 mouthUpperUp* .1
are     | jawOpen .16 mouthFunnel .25 mouthPucker .25
ah      | jawOpen .52 mouthStretch* .05
a       | jawOpen .42 mouthSmile* .1 mouthUpperUp* .1
eh      | jawOpen .33 mouthSmile* .2 mouthLowerDown* .1
ih      | jawOpen .2 mouthStretch* .3 mouthSmile* .15
ee      | jawOpen .14 mouthSmile* .6 mouthLowerDown* .1
oh      | jawOpen .34 mouthFunnel .4 mouthPucker .35
aw      | jawOpen .42 mouthFunnel .45
oo      | jawOpen .13 mouthPucker .8 mouthFunnel .15
woo     | jawOpen .06 mouthPucker 1
er      | jawOpen .18 mouthPucker .2 mouthFunnel .1
breath  | jawOpen .2
grin    | mouthSmile* .7 mouthStretch* .3
tight   | mouthDimple* .6 mouthPress* .2
parted  | mouthLowerDown* .7 mouthUpperUp* .6
gape    | jawOpen .75
rest    |
"""

_VISEMES = (
    "sil rest, PP closed, FF bite, TH thin, DD tip, kk back, CH hush, SS hiss, nn tip, RR are, "
    "aa ah, E eh, ih ih, oh oh, ou oo"
)

_SETS = """
VRM 1.0 |
    aa ah, ih ih, ou oo, ee ee, oh oh
VRM 0.x |
    A ah, I ee, U oo, E eh, O oh, Blink rest, Joy grin
Microsoft |
    viseme_0 rest, viseme_1 a, viseme_2 ah, viseme_3 aw, viseme_4 eh, viseme_5 er, viseme_6
    ee, viseme_7 woo, viseme_8 oh, viseme_9 aw, viseme_10 oh, viseme_11 a, viseme_12 breath,
    viseme_13 are, viseme_14 tip, viseme_15 hiss, viseme_16 hush, viseme_17 thin, viseme_18
    bite, viseme_19 tip, viseme_20 back, viseme_21 closed
MPFB |
    sil_00 rest, aa_ah_ax_01 a, aa_02 ah, ao_03 aw, ey_eh_uh_04 eh, er_05 er, y_iy_ih_ix_06
    ee, w_uw_07 woo, ow_08 oh, aw_09 aw, oy_10 oh, ay_11 a, h_12 breath, r_13 are, l_14 tip,
    s_z_15 hiss, sh_ch_jh_zh_16 hush, th_dh_17 thin, f_v_18 bite, d_t_n_19 tip, k_g_ng_20
    back, p_b_m_21 closed
MMD |
    あ ah, い ee, う oo, え eh, お oh, ん closed, まばたき rest
VRoid |
    Fcl_MTH_A ah, Fcl_MTH_I ee, Fcl_MTH_U oo, Fcl_MTH_E eh, Fcl_MTH_O oh, Fcl_MTH_Close
    closed, Fcl_MTH_Small are, Fcl_ALL_Joy grin, Fcl_EYE_Close rest
CC4 8+7 |
    V_Open gape, V_Explosive closed, V_Dental_Lip bite, V_Tight_O woo, V_Tight tight, V_Wide
    grin, V_Affricate hush, V_Lip_Open parted, V_Tongue_up rest
CC3 8+7 |
    Open gape, Explosive closed, Dental_Lip bite, Tight-O woo, Tight tight, Wide grin,
    Affricate hush, Lip_Open parted
CC 1:1 |
    AE a, Ah ah, B_M_P closed, Ch_J hush, EE ee, Er er, F_V bite, Ih ih, K_G_H_NG back, Oh oh,
    R are, S_Z hiss, T_L_D_N tip, Th thin, W_OO woo
Daz |
    eCTRLvAA ah, eCTRLvEE ee, eCTRLvEH eh, eCTRLvER er, eCTRLvF bite, eCTRLvIH ih, eCTRLvIY
    ee, eCTRLvK back, eCTRLvL tip, eCTRLvM closed, eCTRLvOW oh, eCTRLvS hiss, eCTRLvSH hush,
    eCTRLvT tip, eCTRLvTH thin, eCTRLvUW oo, eCTRLvW woo
Rhubarb |
    A closed, B hiss, C eh, D ah, E oh, F woo, G bite, H tip, X rest
Preston |
    MBP closed, AI ah, E eh, O oh, U oo, FV bite, L tip, WQ woo, etc hiss, rest rest
uLipSync |
    A ah, I ee, U oo, E eh, O oh, N closed
"""


def _mix(head: Head, text: str) -> Offsets:
    words, total = text.split(), np.zeros_like(head.points)
    for name, amount in zip(words[::2], words[1::2], strict=True):
        for side in ("Left", "Right") if "*" in name else ("",):
            total = total + np.float32(amount) * head.shapes[name.replace("*", side)]
    return total


def _rows(table: str) -> dict[str, str]:
    lines = (line.split("|") for line in table.strip().splitlines())
    return {name.strip(): text.strip() for name, text in lines}


def _sets() -> dict[str, str]:
    """Return the keys and mixes of each set."""
    visemes = _VISEMES.split(", ")
    short = [
        re.sub("^(ih|oh|ou)", lambda m: {"ih": "I", "oh": "O", "ou": "U"}[m[0]], v) for v in visemes
    ]
    return _rows(" ".join(_SETS.split("\n    ")).replace("  ", " ")) | {
        "Oculus": _VISEMES,
        "Meta v_": ", ".join(f"v_{viseme}" for viseme in visemes),
        "RPM": ", ".join(f"viseme_{v}" for v in short) + ", mouthOpen gape, mouthSmile grin",
        "VRChat": ", ".join(f"vrc.v_{viseme.lower()}" for viseme in visemes),
    }


_POSE_SETS = _sets()
POSE_SETS = tuple(_POSE_SETS)
"""Names of the sets of poses that `pose_keys` makes."""


def pose_keys(head: Head, pose_set: str) -> Shapes:
    """Return a head's keys of a set of poses."""
    mixes = {name: _mix(head, text) for name, text in _rows(_MIXES).items()}
    pairs = (pair.split() for pair in _POSE_SETS[pose_set].split(","))
    return {key: mixes[mix] for key, mix in pairs}
