"""Takes by diffusion in a quantised space, as GLDiTalker draws faces, on what rig weights differ by."""
