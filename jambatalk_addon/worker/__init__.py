"""The process that runs the model, so that Blender stays alive and its memory its own."""
