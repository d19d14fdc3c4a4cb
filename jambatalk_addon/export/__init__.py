"""What speaks in a scene, written into files of other programs."""
