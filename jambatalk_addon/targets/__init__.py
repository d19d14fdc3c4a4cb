"""Is this mesh a FLAME head that can be baked to, and what would surprise the artist."""
