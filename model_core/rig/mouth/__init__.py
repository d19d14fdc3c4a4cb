"""The inside of a FLAME head's mouth: teeth, gums, tongue and cavity, and what they follow."""
