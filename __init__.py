"""JambaTalk for Blender: a sound strip and a FLAME-topology mesh in, shape-key curves out.

The root of the extension. Importing it costs nothing and needs no Blender: everything is loaded
when Blender registers the add-on.
"""


def register() -> None:
    """Add the panels, operators, settings and the ``--command`` to Blender."""
    from .jambatalk_addon.registration import register as register_addon

    register_addon()


def unregister() -> None:
    """Take everything out of Blender again and end the worker process."""
    from .jambatalk_addon.registration import unregister as unregister_addon

    unregister_addon()
