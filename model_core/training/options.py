"""What every training recipe is given."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ..base.errors import UserError
from ..base.settings import plain
from ..models.glditalker.options import GldOptions
from ..models.talking_head.options import PaperOptions
from .loop import TrainingProgress, is_first
from .mambatalk.options import MambaTalkOptions
from .performer.options import PerformerOptions
from .streaming.options import StreamingOptions
from .tracked.options import TrackedOptions

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class TrainingOptions:
    """Choices of whoever starts a run.

    Attributes:
        data: folder of the training data; each recipe says what it expects there.
        output: folder for states, logs and the finished checkpoint.
        cache: folder for what can be computed again.
        steps: number of steps, or None for the recipe's own.
        seed: of weights and batches.
        workers: processes that prepare data.
        report: called with progress after each step.
        say: called with a line about each stage.
        paper: choices of the paper's recipes.
        tracked: choices of the recipe that learns from tracked lips.
        streaming: choices of the recipe that distils the streaming model.
        performer: choices of the recipe that learns a performer's style.
        gld: choices of GLDiTalker's recipes; epochs, learning rate, accumulation, precision and
            compiling are the paper's.
        mambatalk: choices of MambaTalk's recipe.
        recipe: a key of `training.registry.RECIPES`.

    Raises:
        UserError: there is nothing to do.
    """

    data: Path
    output: Path
    cache: Path
    steps: int | None
    seed: int
    workers: int
    report: Callable[[TrainingProgress], None]
    say: Callable[[str], None]
    paper: PaperOptions = field(default_factory=PaperOptions)
    tracked: TrackedOptions = field(default_factory=TrackedOptions)
    streaming: StreamingOptions = field(default_factory=StreamingOptions)
    performer: PerformerOptions = field(default_factory=PerformerOptions)
    gld: GldOptions = field(default_factory=GldOptions)
    mambatalk: MambaTalkOptions = field(default_factory=MambaTalkOptions)
    recipe: str = "default"

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps < 1:
            raise UserError("--steps must be at least 1.")

    def of_this_process(self) -> Self:
        """Return the same, which of several processes all but the first keep to themselves."""
        return self if is_first() else replace(self, report=_silent, say=_silent)


def _silent(_: object) -> None:
    """What processes other than the first report and say."""


def learnt_from(chosen: "DataclassInstance", without: Collection[str], **more: str) -> str:
    """Tell a recipe's choices from others, for `Trainer`.

    Args:
        chosen: the choices.
        without: those that change nothing of what is learnt, or are told in another way.
        more: what else is.
    """
    told = {name: value for name, value in plain(chosen).items() if name not in without}
    return json.dumps({**told, **more}, sort_keys=True)
