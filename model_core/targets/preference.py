"""What an artist prefers on a mesh that can be both: its own keys driven, or shapes of ours."""

AUTO, OWN_KEYS, OUR_SHAPES = "AUTO", "OWN_KEYS", "OUR_SHAPES"
