"""Sets of mouth poses: visemes, vowels and the shapes of cartoons, under the names in use.

Each line of a set is ``pose | posture | its spellings``; the pose's own name is one of them. Poses
before the line ``--`` make the set: where one lacks, the mesh has another set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ...rig.spelling import joined
from .postures import POSTURES


@dataclass(frozen=True)
class Pose:
    """One pose of a set.

    Attributes:
        name: as its set has it.
        posture: what the mouth does, of `POSTURES`.
        texts: its spellings, joined.
    """

    name: str
    posture: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class PoseSet:
    """Poses that come together.

    Attributes:
        slug: before a pose's name in a map, as in ``oculus/PP``.
        title: what the artist is told.
        poses: all of them.
        needed: names of those without which it is not this set.
    """

    slug: str
    title: str
    poses: tuple[Pose, ...]
    needed: frozenset[str]

    @cached_property
    def by_text(self) -> Mapping[str, Pose]:
        """The poses by each of their spellings."""
        return {text: pose for pose in self.poses for text in pose.texts}


def _pose_set(slug: str, title: str, table: str) -> PoseSet:
    core, _, more = table.partition("--")
    needed = _poses(core)
    names = frozenset(pose.name for pose in needed)
    return PoseSet(slug, title, (*needed, *_poses(more)), names)


def _poses(table: str) -> tuple[Pose, ...]:
    found = []
    for line in table.strip().splitlines():
        name, posture, spellings = (cell.strip() for cell in line.split("|"))
        assert posture in POSTURES, line
        texts = dict.fromkeys(joined(text) for text in (name, *spellings.split()))
        found.append(Pose(name, posture, tuple(texts)))
    return tuple(found)


_OCULUS = """
PP  | pressed      |
FF  | lip on teeth |
aa  | aa           |
E   | eh           |
ih  | ih           | I
oh  | oh           | O
ou  | ou           | U
--
sil | rest         | silence
TH  | tongue out   |
DD  | tongue up    |
kk  | tongue back  |
CH  | teeth round  |
SS  | teeth        |
nn  | tongue up    |
RR  | r            |
"""

_MICROSOFT = """
1  | ae           | viseme1 aa_ah_ax_01 ae_ax_ah_01 ae_ax_ah
2  | aa           | viseme2 aa_02 aa
3  | ao           | viseme3 ao_03 ao
4  | eh           | viseme4 ey_eh_uh_04 ey_eh_uh
6  | ee           | viseme6 y_iy_ih_ix_06 y_iy_ih_ix
7  | w            | viseme7 w_uw_07 w_uw
18 | lip on teeth | viseme18 f_v_18 f_v
21 | pressed      | viseme21 p_b_m_21 p_b_m
--
0  | rest         | viseme0 sil_00 sil silence
5  | er           | viseme5 er_05 er
8  | oh           | viseme8 ow_08 ow
9  | aw           | viseme9 aw_09 aw
10 | oy           | viseme10 oy_10 oy
11 | ay           | viseme11 ay_11 ay
12 | breath       | viseme12 h_12 h
13 | r            | viseme13 r_13 r
14 | tongue up    | viseme14 l_14 l
15 | teeth        | viseme15 s_z_15 s_z
16 | teeth round  | viseme16 sh_ch_jh_zh_16 sh_ch_jh_zh
17 | tongue out   | viseme17 th_dh_17 th_dh
19 | tongue up    | viseme19 d_t_n_19 d_t_n
20 | tongue back  | viseme20 k_g_ng_20 k_g_ng
"""

_VOWELS_EXTRA = """
close | pressed | Close
small | small   | Small
n     | pressed | ん ン N
"""

_VRM1 = """
aa | aa |
ih | ih |
ou | ou |
ee | ee |
oh | oh |
"""

_VRM0 = """
a | aa | A
i | ee | I
u | ou | U
e | eh | E
o | oh | O
"""

_MMD = """
あ | aa | ア
い | ee | イ
う | ou | ウ
え | eh | エ
お | oh | オ
--
ん | pressed | ン
"""

_REALLUSION = """
V_Open       | open wide    | Open
V_Explosive  | pressed      | Explosive
V_Dental_Lip | lip on teeth | Dental_Lip
V_Tight_O    | w            | Tight_O
V_Wide       | wide         | Wide
--
V_Tight      | tight        | Tight
V_Affricate  | teeth round  | Affricate
V_Lip_Open   | lips apart   | Lip_Open
"""

_REALLUSION_DIRECT = """
Ah       | aa           |
B_M_P    | pressed      |
EE       | ee           |
F_V      | lip on teeth |
Oh       | oh           |
W_OO     | w            |
--
AE       | ae           |
Ch_J     | teeth round  |
Er       | er           |
Ih       | ih           |
K_G_H_NG | tongue back  |
R        | r            |
S_Z      | teeth        |
T_L_D_N  | tongue up    |
Th       | tongue out   |
"""

_DAZ = """
AA | aa           |
EE | ee           |
M  | pressed      |
F  | lip on teeth |
OW | oh           |
UW | ou           |
W  | w            |
--
EH | eh           |
ER | er           |
IH | ih           |
IY | ee           |
K  | tongue back  |
L  | tongue up    |
S  | teeth        |
SH | teeth round  |
T  | tongue up    |
TH | tongue out   |
"""

_RHUBARB = """
A | pressed      |
B | clenched     |
C | eh           |
D | aa           |
E | part round   |
F | ou           |
--
G | lip on teeth |
H | tongue up    |
X | rest         |
"""

_PRESTON_BLAIR = """
MBP  | pressed      | M_B_P BMP
AI   | aa           | A_I
E    | eh           |
O    | oh           |
U    | ou           |
FV   | lip on teeth | F_V
--
L    | tongue up    |
WQ   | w            | W_Q
etc  | clenched     | CDGKNRSThYZ
rest | rest         |
"""

_ANIMAZE = """
AA       | aa           |
M_P_B    | pressed      |
FV       | lip on teeth | F_V
W        | w            |
AW_OW    | oh           |
Y_IY     | ee           |
--
AH       | uh           |
AO       | ao           |
OY_UH_UW | ou           |
EH_AE    | eh           |
IH_AY    | ih           |
EY       | eh           |
R_ER     | r            |
L        | tongue up    |
N_NG_DH  | tongue up    |
CH_J_SH  | teeth round  |
"""

SETS: tuple[PoseSet, ...] = (
    _pose_set("oculus", "Oculus visemes", _OCULUS),
    _pose_set("microsoft", "Microsoft visemes", _MICROSOFT),
    _pose_set("animaze", "Animaze visemes", _ANIMAZE),
    _pose_set("reallusion", "Character Creator visemes", _REALLUSION),
    _pose_set("reallusion-direct", "Character Creator 1:1 visemes", _REALLUSION_DIRECT),
    _pose_set("daz", "Daz visemes", _DAZ),
    _pose_set("preston-blair", "Preston Blair mouths", _PRESTON_BLAIR),
    _pose_set("rhubarb", "Rhubarb mouths", _RHUBARB),
    _pose_set("vrm", "VRM 1.0 vowels", _VRM1),
    _pose_set("mmd", "MMD vowels", _MMD),
    _pose_set("vowels", "vowels A I U E O", f"{_VRM0}--{_VOWELS_EXTRA}"),
)
"""All sets there are, the richer first."""

POSES: Mapping[str, Pose] = {
    f"{each.slug}/{pose.name}": pose for each in SETS for pose in each.poses
}
"""Every pose by its name in a map."""
