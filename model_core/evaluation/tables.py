"""Scores as the paper's tables in Markdown, as CSV, and as a plot."""

import csv
import io
from collections.abc import Iterable, Sequence
from math import isnan, sqrt
from pathlib import Path

from ..base.files import atomic_path
from ..base.units import MM_PER_M
from . import published
from .scores import Row

# Powers of ten that LVE and FDD are counted in, by the unit of the offsets: as other papers' tables
# of VOCASET (metres) and of BIWI (faces scaled to an area of 1) do.
_SCALES = {"m": (-5, -7), "unit": (-4, -5)}


def to_markdown(rows: Sequence[Row], unit: str, source: str, kind: str) -> str:
    """Return Tables 1 and 2, a table of further scores, and the paper's own figures apart.

    Args:
        rows: one a model.
        unit: of the offsets, squared in LVE and FDD: "m" or "unit".
        source: of the vertex lists.
        kind: of dataset, a key of `datasets.registry.DATASETS`: what is published of it is added.
    """
    headings = _headings(unit)
    first = [(row.name, *_scaled(row, unit)) for row in rows]
    first += _published(kind, unit)
    parts = ["### Table 1: models", _table(("model", *headings), first)]
    parts += [published.WHAT_COMPARES[kind]] if kind in published.WHAT_COMPARES else []
    known = [row for row in rows if row.arrangement]
    if known:
        second = [[f"{row.arrangement} ({row.name})", *_scaled(row, unit)] for row in known]
        times = [_show(row.seconds_per_epoch) for row in known]
        lines = [[*line, time] for line, time in zip(second, times, strict=True)]
        parts += [
            "### Table 2: arrangements",
            _table(("layers", *headings, "s/epoch"), lines),
        ]
    parts += ["### Further scores", _further(rows, unit), _notes(rows, unit, source)]
    return "\n\n".join([*parts, *_printed(kind)])


def _published(kind: str, unit: str) -> list[tuple[str, str, str, str]]:
    """Rows of Table 1 of other papers, as `_scaled` gives those of ours."""
    lve_power, _ = _SCALES[unit]
    rows = []
    for name, lve, fdd in published.COMPARABLE.get(kind, ()):
        root = root_mm(lve * 10.0**lve_power) if unit == "m" else None
        rows.append((f"{name} (published)", _show(lve), _show(root), _show(fdd)))
    return rows


def root_mm(lve: float) -> float:
    """Return the distance in mm whose square is an LVE in m²: 1.6e-5 is of lips 4 mm off."""
    return MM_PER_M * sqrt(lve)


def _printed(kind: str) -> list[str]:
    """Tables of papers that are no rows of ours, by the kind of dataset."""
    return {"vocaset": _of_jambatalk, "biwi": _of_glditalker}.get(kind, list)()


def _of_glditalker() -> list[str]:
    """Published ablations of GLDiTalker, whose rows in Table 1 they belong to."""
    headings = ("of GLDiTalker", *_headings("unit")[::2], "Diversity (1e-4 unit)")
    lines = [(name, *map(_show, figures)) for name, *figures in published.GLD_ABLATIONS]
    title = "### Tables 3 and 4 of arXiv 2408.01826: kernel, dilation, layers (published)"
    return [title, _table(headings, lines)]


def _of_jambatalk() -> list[str]:
    """The paper's tables as they are printed, and why they stand apart."""
    headings = ("LVE, printed as 1e-3 mm", "FDD, printed as 1e-5 mm")
    first = [(name, *map(_show, figures)) for name, *figures in published.TABLE_1]
    second = [(name, *map(_show, figures)) for name, *figures in published.TABLE_2]
    return [
        "### Figures of arXiv 2408.01627, which compare with none above",
        published.WHY_APART,
        _table(("model", *headings), first),
        _table(("layers", *headings, "s/epoch (RTX 4090)"), second),
    ]


def _headings(unit: str) -> tuple[str, ...]:
    """Headings of `_scaled`."""
    lve, fdd = _SCALES[unit]
    return f"LVE (1e{lve} {unit}²)", "√LVE (mm)", f"FDD (1e{fdd} {unit}²)"


def _scaled(row: Row, unit: str) -> tuple[str, str, str]:
    """LVE, its root in mm, and FDD, in what `_headings` says."""
    lve, fdd = (10.0**-power for power in _SCALES[unit])
    root = root_mm(row.vertices.lve) if unit == "m" else None
    return _show(lve * row.vertices.lve), _show(root), _show(fdd * row.vertices.fdd)


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
    lve, fdd = (10.0**-power for power in _SCALES[unit])
    lve_heading, _, fdd_heading = _headings(unit)
    left.barh(names, [lve * row.vertices.lve for row in rows], color="tab:blue")
    left.set(title="lip vertex error", xlabel=f"{lve_heading}, lower is better")
    right.barh(names, [fdd * row.vertices.fdd for row in rows], color="tab:orange")
    right.set(title="upper-face dynamics", xlabel=f"{fdd_heading}, nearer 0 is better")
    right.axvline(0, color="black", linewidth=0.8)
    left.invert_yaxis()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


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
        (f"MSE ({unit}^2)", scores.mse),
        (f"LVD, as code has it ({unit})", scores.lvd),
        (f"velocity error ({unit}/frame)", scores.velocity_error),
        ("within a clip (mm)", scores.within_clip_mm),
        ("closures found (share)", lips.closure_recall if lips else None),
        ("closures right (share)", lips.closure_precision if lips else None),
        ("opening error (mm)", lips.opening_error_mm if lips else None),
        ("lag (ms, positive is late)", lips.lag_ms if lips else None),
        ("between styles (mm)", row.between_styles_mm),
        ("between takes (mm)", row.between_takes_mm),
        ("s/epoch", row.seconds_per_epoch),
        ("sequences", scores.sequences),
    ]


def _notes(rows: Sequence[Row], unit: str, source: str) -> str:
    """What the figures mean, and what should be known of single models."""
    parts = [
        f"LVE is the mean over frames of the largest squared distance among the lip vertices, in "
        f"{unit}². FDD is the signed mean over sequences, absolute FDD the mean of magnitudes. "
        f"Definitions: model_core/evaluation/metrics/vertex.py. Vertex lists: {source}. "
        f"{rows[0].vertices.sequences} sequences, {rows[0].vertices.frames} frames.",
        *(row.remark for row in rows if row.remark),
    ]
    return "\n\n".join(parts)


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
