"""Which meshes can be spoken with, and what would surprise the artist."""
