"""What an artist prefers on a mesh that can be several: own keys driven, shapes of ours, a rig."""

AUTO, OWN_KEYS, OUR_SHAPES, RIG = "AUTO", "OWN_KEYS", "OUR_SHAPES", "RIG"
PREPARE = "Prepare This Head, under Head without Shape Keys"
"""What gives a head shapes that has none we know, and where the panel has it."""
