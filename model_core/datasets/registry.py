"""The datasets that can be trained on and evaluated with, by the name a user gives.

A new one is a line here and a module with a `FaceDataset`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .biwi import open_biwi
from .dataset import FaceDataset
from .motion_folder import MotionFolder
from .vocaset import open_vocaset


class DatasetKind(NamedTuple):
    """A dataset there is.

    Attributes:
        open: opens a folder of it; raises `UserError` where the folder is not one.
        folder: where training looks for it unless told.
    """

    open: Callable[[Path], FaceDataset]
    folder: str


DATASETS = {
    "vocaset": DatasetKind(open_vocaset, "VOCASET"),
    "biwi": DatasetKind(open_biwi, "BIWI"),
    "motions": DatasetKind(MotionFolder, "motions"),
}
