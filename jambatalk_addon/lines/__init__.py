"""The lines of a scene: which strip is spoken by whom, where it lies now, and what is said."""
