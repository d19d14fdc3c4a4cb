"""The style of one performer, learned from a few minutes of face capture."""
