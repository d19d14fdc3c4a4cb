"""Faces that bones move: their poses, stored on the armature, and how they are stored and shown."""
