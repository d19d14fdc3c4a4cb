"""Takes by diffusion: a quantised space of what rig weights differ by, then diffusion in it."""
