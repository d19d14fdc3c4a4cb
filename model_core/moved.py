"""Import paths of version 0.1, which scripts may hold: they work until 0.3, with a warning."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "articulation.phones": "speech.phones",
    "audio": "speech.audio",
    "checkpoint": "models.checkpoint",
    "curves": "motion.curves",
    "encoder": "encoding.registry",
    "errors": "base.errors",
    "face": "rig",
    "face.demo_head": "demo.head",
    "face.lip_geometry": "rig.lip_geometry",
    "face.rig": "rig.rig",
    "face.shapes": "rig.shapes",
    "face.topology": "rig.topology",
    "features": "encoding.features",
    "files": "base.files",
    "metrics": "evaluation.metrics",
    "metrics.lips": "evaluation.metrics.lips",
    "metrics.vertex": "evaluation.metrics.vertex",
    "predictor": "models.predictor",
    "resampling": "motion.resampling",
}
"""Old name -> new name, both below model_core."""


class _OldPaths(MetaPathFinder, Loader):
    """Finds the old names and fills them with what the new ones hold."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load an old name, or None for any other."""
        package, _, name = fullname.partition(".")
        if package != __package__ or name not in MOVED:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Fill a module, and say where its content lives now."""
        now = f"{__package__}.{MOVED[module.__name__.partition('.')[2]]}"
        warnings.warn(f"{module.__name__} is now {now}", DeprecationWarning, stacklevel=2)
        content = vars(import_module(now)).items()
        vars(module).update({name: value for name, value in content if not name.startswith("__")})


def keep_old_paths() -> None:
    """Let the old names be imported in this process."""
    sys.meta_path.insert(0, _OldPaths())
