"""``blender --background scene.blend --command jambatalk bake ...``."""

import bpy

from . import cli

_handles: list[object] = []


def register() -> None:
    """Add the command to Blender."""
    _handles.append(bpy.utils.register_cli_command("jambatalk", cli.run_command))


def unregister() -> None:
    """Take the command out again."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
