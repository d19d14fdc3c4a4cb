"""The recipes there are, by the name a user gives.

A new one is a line here and a module with ``train(options)``, which is imported only when chosen.
Every dataset can be trained on by the paper's recipe, and by GLDiTalker's as ``gld-NAME``.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..datasets.registry import DATASETS

if TYPE_CHECKING:
    from .options import TrainingOptions


class Recipe(NamedTuple):
    """A way to train.

    Attributes:
        module: of this package, with ``train``.
        data: default folder of its training data.
    """

    module: str
    data: str


RECIPES = {
    "default": Recipe("bundled.default", ".cache/corpus"),
    "tongue": Recipe("bundled.tongue", ".cache/corpus"),
    "manner": Recipe("bundled.manners", ".cache/corpus"),
    "gld-takes": Recipe("gld_takes.recipe", ".cache/corpus"),
    "tracked": Recipe("tracked.recipe", "tracked"),
    "performer": Recipe("performer.recipe", "captures"),
    "streaming": Recipe("streaming.recipe", ".cache/corpus/train"),
    "mambatalk": Recipe("mambatalk.recipe", ".cache/corpus"),
    **{name: Recipe("paper.recipe", kind.folder) for name, kind in DATASETS.items()},
    **{f"gld-{name}": Recipe("glditalker.recipe", kind.folder) for name, kind in DATASETS.items()},
}


def train(options: "TrainingOptions") -> Path:
    """Train by the recipe that the options name; return what it made."""
    module = import_module(f".{RECIPES[options.recipe].module}", __package__)
    made: Path = module.train(options.of_this_process())
    return made
