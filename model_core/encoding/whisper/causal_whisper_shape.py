"""What the causal ears take in; nothing here needs torch."""

CONTEXT = 3
"""How many more spectra a call takes than two a frame: the edges of both convolutions."""
BEFORE = 2
"""Spectra before a frame's first: frame t needs those from 2 t - 2 to 2 t + 2."""
