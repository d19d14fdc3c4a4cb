"""The FLAME-topology face: named expression shapes, region masks and mesh checks."""
