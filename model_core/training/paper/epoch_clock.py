"""Measures seconds an epoch, for Table 2."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ...base.files import atomic_path
from ..loop import TrainingProgress

TIMING_FILE = "timing.json"


class EpochClock:
    """Listens to a run's progress.

    Args:
        steps: of an epoch.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._times: list[float] = []

    def watch(
        self, report: Callable[[TrainingProgress], None]
    ) -> Callable[[TrainingProgress], None]:
        """Return a listener that also reports."""

        def listen(progress: TrainingProgress) -> None:
            self._times.append(time.monotonic())
            report(progress)

        return listen

    def save(self, folder: Path) -> None:
        """Write ``timing.json``: the median time between steps, for an epoch of them."""
        gaps = [after - before for before, after in zip(self._times, self._times[1:], strict=False)]
        if gaps:
            with atomic_path(folder / TIMING_FILE) as temporary:
                content = {"seconds_per_epoch": round(self._steps * median(gaps), 3)}
                temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
