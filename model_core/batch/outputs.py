"""What a job may write, told by the end of a file's name."""

from pathlib import Path

SCENE, ACTION = ".blend", ".action.blend"
ENDINGS = (
    SCENE, ACTION, ".glb", ".fbx", ".usd", ".usda", ".usdc", ".abc", ".npz", ".csv", ".mp4", ".png",
)  # fmt: skip
"""The whole scene; its action alone; and what `jambatalk_addon.export` writes besides."""


def ending_of(path: Path) -> str:
    """Return which of `ENDINGS` a file's name has, the longest; empty if none."""
    name = path.name.lower()
    return max((each for each in ENDINGS if name.endswith(each)), key=len, default="")


def is_scene(path: Path) -> bool:
    """Return whether a whole scene is saved there."""
    return ending_of(path) == SCENE
