"""Live sound to live motion: where it comes from, at what rate, and where it goes."""
