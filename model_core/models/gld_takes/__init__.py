"""Takes by diffusion in a quantised space of differences, as GLDiTalker draws faces."""
