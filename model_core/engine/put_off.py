"""Import torch without the parts that a process which only predicts does not need.

``import torch`` loads the shapes of all operations, for tensors without numbers, and operations for
recent cards that are written in Python: a third of its time, and nothing that runs a network on the
CPU. They are loaded as soon as anything else of torch is imported, which may build on them.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

PUT_OFF = ("torch._meta_registrations", "torch._native")
"""Modules that torch imports for what they register, in this order."""


class _Later(MetaPathFinder):
    """Finds what is put off as Python does, to be executed when something in it is asked for.

    Attributes:
        complete: whether torch itself is there, so that what comes now may need all of it.
    """

    complete = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module that is put off is loaded; None for all others."""
        if self.complete:
            if fullname.startswith("torch."):
                load_put_off()
            return None
        spec = PathFinder.find_spec(fullname, path, target) if fullname in PUT_OFF else None
        if spec is not None and isinstance(spec.loader, Loader):
            spec.loader = LazyLoader(spec.loader)
        return spec


def import_torch() -> None:
    """Import torch if it was not and can be, and put parts of it off."""
    if "torch" in sys.modules:
        return
    later = _Later()
    sys.meta_path.insert(0, later)
    with suppress(ImportError, OSError):  # said where torch is chosen
        import_module("torch.utils._device")  # ``with torch.device(...)`` takes it to load a model
    later.complete = True


def load_put_off() -> None:
    """Load now what was put off: a graphics card has operations of its own there."""
    for name in PUT_OFF:
        if name in sys.modules:
            vars(sys.modules[name])  # asking for anything executes it
