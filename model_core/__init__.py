"""JambaTalk: speech to face motion. Nothing here imports Blender; importing this costs nothing."""

__version__ = "0.1.0"
