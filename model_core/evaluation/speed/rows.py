"""What is measured, as a table for people and as JSON for programs."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...base.errors import UserError
from ...base.files import atomic_path


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: was measured.
        value: of it.
        unit: of the value.
        ratio: of two measurements of the same run; None where there is nothing to compare with.
        against: what the ratio is of, as in "times real time".
    """

    what: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""

    @property
    def cells(self) -> tuple[str, str, str]:
        """The row in words."""
        compared = "" if self.ratio is None else f"{_number(self.ratio)} {self.against}"
        return self.what, f"{_number(self.value)} {self.unit}".strip(), compared


def markdown(rows: Sequence[Row]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(row.cells)} |" for row in rows]
    return "\n".join(["| what | measured | ratio |", "|---|---|---|", *lines])


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """Write rows, with what they were measured on. Raises `UserError` if that cannot be."""
    content = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def put_table(page: Path, mark: str, table: str) -> None:
    """Put a table into a page between two marks, in place of what was there.

    Raises:
        UserError: there is no such page, or it cannot be written.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{page} cannot be read ({error.strerror}); name a page.") from error
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2] if end in rest else rest
    with atomic_path(page) as temporary:
        temporary.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what a measurement depends on: cores, their load, versions, the date."""
    import torch

    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": load,
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def best_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest time that work took."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
