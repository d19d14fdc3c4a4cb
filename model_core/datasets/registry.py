"""The datasets that can be trained on and evaluated with, by the name a user gives.

A new one is a line here and a module with a `FaceDataset`.
"""

from collections.abc import Callable
from pathlib import Path

from .biwi import open_biwi
from .dataset import FaceDataset
from .motion_folder import MotionFolder
from .vocaset import open_vocaset

DATASETS: dict[str, Callable[[Path], FaceDataset]] = {
    "vocaset": open_vocaset,
    "biwi": open_biwi,
    "motions": MotionFolder,
}
"""Name -> what opens a folder of it; raises `UserError` where the folder is not one."""
