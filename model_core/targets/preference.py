"""What an artist prefers on a mesh that can be several: own keys driven, shapes of ours, a rig."""

AUTO, OWN_KEYS, OUR_SHAPES, RIG = "AUTO", "OWN_KEYS", "OUR_SHAPES", "RIG"
