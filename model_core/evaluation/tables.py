"""Scores as the paper's tables in Markdown, as CSV, and as a plot."""

import csv
import io
from collections.abc import Iterable, Sequence
from math import isnan
from pathlib import Path

from ..files import atomic_path
from . import published
from .scores import Row

LVE_SCALE, FDD_SCALE = 1e3, 1e5  # the paper's tables count in 1e-3 and 1e-5


def to_markdown(rows: Sequence[Row], unit: str, source: str, with_published: bool) -> str:
    """Return Tables 1 and 2 and a table of further scores.

    Args:
        rows: one a model.
        unit: of the offsets, squared in LVE and FDD.
        source: of the vertex lists.
        with_published: add the paper's own figures (VOCASET).
    """
    lve, fdd = f"LVE (1e-3 {unit}²)", f"FDD (1e-5 {unit}²)"
    quoted = published.TABLE_1 if with_published else ()
    first = [(row.name, *_pair(row)) for row in rows]
    parts = [
        "### Table 1: models",
        _table(("model", lve, fdd), [*first, *((n, _show(a), _show(b)) for n, a, b in quoted)]),
    ]
    known = [row for row in rows if row.arrangement]
    if known:
        ablation = published.TABLE_2 if with_published else ()
        second = [*map(_ablation, known), *([n, *map(_show, figures)] for n, *figures in ablation)]
        parts += ["### Table 2: arrangements", _table(("layers", lve, fdd, "s/epoch"), second)]
    parts += ["### Further scores", _further(rows, unit), _notes(rows, unit, source)]
    return "\n\n".join(parts)


def to_csv(rows: Sequence[Row], unit: str) -> str:
    """Return one line a model, unscaled, the unit in each heading."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([heading for heading, _ in _columns(rows[0], unit)])
    for row in rows:
        writer.writerow([value for _, value in _columns(row, unit)])
    return stream.getvalue()


def plot(rows: Sequence[Row], unit: str, path: Path) -> None:
    """Draw LVE and FDD of each model as bars.

    Raises:
        UserError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.45 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    names = [row.name for row in rows]
    left.barh(names, [LVE_SCALE * row.vertices.lve for row in rows], color="tab:blue")
    left.set(title="lip vertex error", xlabel=f"LVE (1e-3 {unit}²), lower is better")
    right.barh(names, [FDD_SCALE * row.vertices.fdd for row in rows], color="tab:orange")
    right.set(title="upper-face dynamics", xlabel=f"FDD (1e-5 {unit}²), nearer 0 is better")
    right.axvline(0, color="black", linewidth=0.8)
    left.invert_yaxis()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


def _pair(row: Row) -> tuple[str, str]:
    """LVE and FDD as the paper scales them."""
    return _show(LVE_SCALE * row.vertices.lve), _show(FDD_SCALE * row.vertices.fdd)


def _ablation(row: Row) -> list[str]:
    """A line of Table 2."""
    return [f"{row.arrangement} ({row.name})", *_pair(row), _show(row.seconds_per_epoch)]


def _further(rows: Sequence[Row], unit: str) -> str:
    """All scores but those of Tables 1 and 2."""
    skipped = ("arrangement", "LVE", "FDD", "s/epoch")
    headings = [name for name, _ in _columns(rows[0], unit)]
    kept = [i for i, name in enumerate(headings) if not name.startswith(skipped)]
    lines = [[_show(value) for _, value in _columns(row, unit)] for row in rows]
    return _table([headings[i] for i in kept], [[line[i] for i in kept] for line in lines])


def _columns(row: Row, unit: str) -> list[tuple[str, str | float | None]]:
    """Every heading with its value."""
    scores, lips = row.vertices, row.lips
    return [
        ("model", row.name),
        ("arrangement", row.arrangement),
        (f"LVE ({unit}^2)", scores.lve),
        (f"FDD ({unit}^2)", scores.fdd),
        (f"absolute FDD ({unit}^2)", scores.absolute_fdd),
        ("lip error (mm)", scores.lip_error_mm),
        ("MVE (mm)", scores.mve_mm),
        ("closures found (share)", lips.closure_recall if lips else None),
        ("closures right (share)", lips.closure_precision if lips else None),
        ("opening error (mm)", lips.opening_error_mm if lips else None),
        ("lag (ms, positive is late)", lips.lag_ms if lips else None),
        ("diversity (mm)", row.diversity_mm),
        ("s/epoch", row.seconds_per_epoch),
        ("sequences", scores.sequences),
    ]


def _notes(rows: Sequence[Row], unit: str, source: str) -> str:
    """What the figures mean."""
    return (
        f"LVE and FDD are squared distances in {unit}²; the paper prints the same quantities with "
        "the unit mm. FDD is the signed mean over sequences, absolute FDD the mean of magnitudes. "
        f"Definitions: model_core/metrics/vertex.py. Vertex lists: {source}. "
        f"{rows[0].vertices.sequences} sequences, {rows[0].vertices.frames} frames."
    )


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = "|---|" + "---:|" * (len(headings) - 1)
    return "\n".join(["| " + " | ".join(headings) + " |", rule, *map(_line, lines)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _show(value: str | float | None) -> str:
    """Four digits, a dash where there is nothing."""
    if isinstance(value, str):
        return value
    return "-" if value is None or isnan(value) else f"{value:.4g}"
