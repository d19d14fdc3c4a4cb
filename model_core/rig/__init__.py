"""The FLAME rig: shapes, mesh, lips, and how it is built."""
