"""Baking without a window: ``blender --command jambatalk`` and ``python -m jambatalk_addon``."""
