"""Names of the expression shapes, in ARKit's spelling."""

SPEECH_SHAPES: tuple[str, ...] = (
    "jawOpen",
    "jawForward",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
)
"""What the articulation rules produce and the default model predicts (K = 21)."""

UPPER_FACE = ("eye", "brow")
"""How the names begin of shapes that speech has no part in."""

# Inner-lip vertex pairs of FLAME's topology: (upper, lower) at the middle, -x and +x.
INNER_LIP_PAIRS: tuple[tuple[int, int], ...] = ((3533, 3504), (2785, 2937), (1668, 1848))
# Mouth corners, -x then +x.
MOUTH_CORNERS: tuple[int, int] = (2730, 1594)
# Middle of the upper lip's upper edge and of the lower lip's lower edge.
OUTER_LIPS: tuple[int, int] = (3543, 3511)
# Middle of the upper and the lower lid's edge, the character's left (+X) eye first.
LID_PAIRS: tuple[tuple[int, int], ...] = ((1344, 994), (2495, 2358))
FLAME_VERTICES = 5023
FLAME_TOPOLOGY = "flame5023"
CLOSED_MM = 0.8
"""An inner-lip opening below this, against the neutral, reads as closed lips."""
