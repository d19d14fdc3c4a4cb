"""GLDiTalker's two stages (arXiv 2408.01826): a quantised space of motions, diffusion in it."""
