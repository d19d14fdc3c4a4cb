"""Trainings that are interrupted."""

from collections.abc import Callable

from model_core.training.loop import TrainingProgress


def stopping(after: int) -> Callable[[TrainingProgress], None]:
    """Return what interrupts a training once so many steps of all its stages were reported."""
    seen = 0

    def report(_: TrainingProgress) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            raise KeyboardInterrupt

    return report
