"""Figures of arXiv 2408.01627v1, to stand beside ours: Table 1 (VOCASET) and Table 2."""

# Model, LVE in 1e-3, FDD in 1e-5. The paper prints the unit as mm.
TABLE_1 = (
    ("FaceFormer (published, printed as mm)", 1.9971, 25.352),
    ("CodeTalker (published, printed as mm)", 1.7992, 22.830),
    ("FaceDiffuser (published, printed as mm)", 1.8992, 3.1625),
    ("JambaTalk (published, printed as mm)", 1.7956, 0.2167),
)

# Arrangement, LVE in 1e-3, FDD in 1e-5, seconds an epoch on an RTX 4090.
TABLE_2 = (
    ("M-MoE (published, printed as mm)", 1.7586, 2.5431, 50.0),
    ("MoE-MoE (published, printed as mm)", 1.7956, 0.2167, 48.0),
    ("M-M (published, printed as mm)", 1.7481, 15.093, 41.0),
    ("MoE-M (published, printed as mm)", 2.0483, 21.183, 68.0),
)
