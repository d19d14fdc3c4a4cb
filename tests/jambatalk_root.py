"""The extension's modules that need no Blender, imported as Blender names them: inside a root."""

import importlib
import sys
from types import ModuleType

from jambatalk_addon.__main__ import load_extension


def addon_module(name: str) -> ModuleType:
    """Return a module of jambatalk_addon, which shares the model_core of its root."""
    if "jambatalk" not in sys.modules:
        load_extension()
    return importlib.import_module(f"jambatalk.jambatalk_addon.{name}")
