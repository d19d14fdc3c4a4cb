"""When each phone of a recording with known words is said."""
