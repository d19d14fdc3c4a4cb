"""Writing motions onto meshes, and taking off what was written."""
