"""Options of short trainings in tests."""

from pathlib import Path
from typing import Any

from model_core.training.options import TrainingOptions


def quiet_options(data: Path, output: Path, cache: Path, **chosen: Any) -> TrainingOptions:
    """Return options of one step in one process that prints nothing, unless others are chosen."""
    short: dict[str, Any] = {"steps": 1, "seed": 0, "workers": 1}
    silent: dict[str, Any] = {"report": lambda _: None, "say": lambda _: None}
    return TrainingOptions(data=data, output=output, cache=cache, **{**short, **silent, **chosen})
