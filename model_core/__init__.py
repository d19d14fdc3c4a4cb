"""JambaTalk: speech to face motion. Nothing here imports Blender; importing this costs nothing."""

__version__ = "0.1.0"

if __name__ == "model_core":  # not inside Blender's extension, whose scripts reach it by operators
    from .moved import keep_old_paths

    keep_old_paths()
