"""Published figures: those that ours compare with, and those of the paper, which nothing does."""

from collections.abc import Mapping

Comparable = tuple[tuple[str, float, float | None], ...]
"""Model, LVE and FDD, where it is known, in the units that `tables` counts in."""

# VOCASET: LVE in 1e-5 m², from Table 1 of arXiv 2505.23290 (CVPR 2025).
_VOCASET: Comparable = (
    ("VOCA", 4.9245, None),
    ("FaceFormer", 4.1090, None),
    ("CodeTalker", 3.9445, None),
    ("FaceDiffuser", 3.7924, None),
)

# BIWI-Test-A: LVE in 1e-4 and FDD in 1e-5 squared units, from Table 1 of arXiv 2408.01826.
_BIWI: Comparable = (
    ("VOCA", 6.5563, 8.1816),
    ("MeshTalk", 5.9181, 5.1025),
    ("FaceFormer", 5.3077, 4.6408),
    ("CodeTalker", 4.7914, 4.1170),
    ("FaceDiffuser", 4.7823, 3.9225),
    ("GLDiTalker", 4.6440, 3.8474),
)

COMPARABLE: Mapping[str, Comparable] = {"vocaset": _VOCASET, "biwi": _BIWI}
"""By the kind of dataset; no figures are published of others."""

_WHAT_COMPARES_ON_VOCASET = (
    "Rows marked (published) are from Table 1 of arXiv 2505.23290, which prints 1e-5 and no unit: "
    "this LVE, by CodeTalker's script, which that line of work scores with, of data in metres. "
    "It does not tell its lip vertices; SelfTalk, DiffSpeaker and others take those of "
    "FLAME_masks.pkl (--lips)."
)

_WHAT_COMPARES_ON_BIWI = (
    "Rows marked (published) are from Table 1 of arXiv 2408.01826: BIWI-Test-A, printed as mm, in "
    "truth squared units of faces scaled to an area of 1. They compare with --split test of all "
    "23370 vertices, and the published lists of lips and upper face."
)

# Tables 3 and 4 of arXiv 2408.01826, in the same units: LVE, FDD, and Diversity as printed, 1e-4
# units, whose formula is not. What table 4 varies are a spiral's kernel, dilation, and layers.
GLD_ABLATIONS: tuple[tuple[str, float, float, float | None], ...] = (
    ("without stage 1", 4.7823, 3.9225, 0.56421),
    ("MLP encoder", 4.8909, 4.3384, 8.4251),
    ("5, 1, 4", 4.9904, 3.9252, None),
    ("9, 1, 2", 4.9689, 4.0887, None),
    ("9, 1, 4", 4.7745, 3.7400, None),
    ("9, 2, 3", 5.1648, 4.1967, None),
    ("9, 2, 4, GLDiTalker", 4.6440, 3.8474, 8.2176),
)

WHAT_COMPARES = {"vocaset": _WHAT_COMPARES_ON_VOCASET, "biwi": _WHAT_COMPARES_ON_BIWI}

# arXiv 2408.01627v1, Table 1 (VOCASET). Model, LVE in "1e-3 mm", FDD in "1e-5 mm".
TABLE_1 = (
    ("FaceFormer", 1.9971, 25.352),
    ("CodeTalker", 1.7992, 22.830),
    ("FaceDiffuser", 1.8992, 3.1625),
    ("JambaTalk", 1.7956, 0.2167),
)

# Table 2. Arrangement, LVE and FDD in the same units, seconds an epoch on an RTX 4090.
TABLE_2 = (
    ("M-MoE", 1.7586, 2.5431, 50.0),
    ("MoE-MoE", 1.7956, 0.2167, 48.0),
    ("M-M", 1.7481, 15.093, 41.0),
    ("MoE-M", 2.0483, 21.183, 68.0),
)

WHY_APART = (
    "The paper's LVE compares with no other: as m² its 1.7956e-3 would be lips 42 mm off "
    "(√0.0017956 m), as mm² 0.04 mm. The release's own script (evaluation/evaluation_metrics.py) "
    "takes per frame one norm over 61 coordinates, its columns 94-113, 146-177 and 183-191, in "
    "metres and not squared. They are a list of rig controls; among VOCASET's columns they are "
    "coordinates of vertices 31 to 63, none of which is on the lips. It also sets the recording's "
    "frames (60 a second) against the prediction's (30). Its FDD sums 131 other such columns."
)
