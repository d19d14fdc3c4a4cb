"""Names of shape keys: what the sets in use call their shapes, and which set a mesh has."""
