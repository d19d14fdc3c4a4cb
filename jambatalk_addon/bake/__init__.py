"""From a motion to shape keys and curves on a mesh, and back again."""
