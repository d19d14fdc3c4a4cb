"""GLDiTalker (Lin et al. 2024, arXiv 2408.01826): diffusion in a quantised space of faces."""
