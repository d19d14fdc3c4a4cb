"""Files of motions and curves: one registry of readers and writers, usable without Blender."""
