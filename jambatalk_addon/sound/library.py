"""Blender's own sound library, where it can be called."""

from __future__ import annotations

from types import ModuleType


def find_aud() -> ModuleType | None:
    """Return Blender's module ``aud``, or None.

    4.2's Python module is built without sound; Debian's Blender plays sound but has no ``aud``.
    """
    try:
        import aud
    except ImportError:
        return None
    return aud
