"""The page itself: one file of HTML that a browser opens from disk, without a server or network."""

import os
from collections import Counter
from html import escape
from pathlib import Path
from urllib.parse import quote

from ...base.files import atomic_path
from ...worker.protocol import shown
from ..paths import PATHS_APART
from ..results import DONE
from .drawing import drawing
from .findings import KINDS, Line
from .gather import lines_of

SUFFIX = ".report.html"
_TEMPLATE = Path(__file__).with_name("page.html")
_FILMS, _STILLS = (".mp4",), (".png",)
_COLUMNS = ("mesh", "scene", "start", "style", "seed")


def page_of(table: Path) -> Path:
    """Return where the page of a table or of results lies if nobody says."""
    return table.with_name(table.name.removesuffix(".results.jsonl") + SUFFIX)


def write_page(source: Path, page: Path) -> str:
    """Write the page of a table of jobs, or of a file of results; return what it shows.

    Raises:
        UserError: there are no results, or the page cannot be written.
    """
    lines = lines_of(source)
    text = _TEMPLATE.read_text("utf-8")
    folder = page.resolve().parent
    for mark, made in (
        ("<!--TITLE-->", escape(source.name)),
        ("<!--SUMMARY-->", escape(_summary(lines))),
        ("<!--KINDS-->", _kinds(lines)),
        ("<!--LINES-->", "\n".join(_row(line, folder) for line in _by_risk(lines))),
    ):
        text = text.replace(mark, made)
    with atomic_path(page) as temporary:
        temporary.write_text(shown(text), "utf-8")
    looked = sum(line.risk > 0 for line in lines)
    return f"{page}: {len(lines)} jobs, {looked} with something to look at."


def _by_risk(lines: list[Line]) -> list[Line]:
    """Return lines as the page shows them first, so that it need not sort them to begin with."""
    return sorted(lines, key=lambda line: (-line.risk, line.number))


def _summary(lines: list[Line]) -> str:
    counts = Counter(str(line.record.get("status") or "not run") for line in lines)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    seconds = sum(line.heard.seconds for line in lines if line.heard)
    return f"{len(lines)} jobs: {told}; {seconds / 60:.1f} minutes of sound"


def _kinds(lines: list[Line]) -> str:
    """Return a button for each kind of finding that there is."""
    counts = Counter(kind for line in lines for kind in {each.kind for each in line.findings})
    return "".join(
        f'<button type="button" data-kind="{kind}" aria-pressed="false">{label} '
        f"<b>{counts[kind]}</b></button>"
        for kind, (label, _) in KINDS.items()
        if counts[kind]
    )


def _row(line: Line, folder: Path) -> str:
    """Return a job as an item of the list."""
    row = line.record["row"]
    kinds = " ".join(dict.fromkeys(finding.kind for finding in line.findings))
    seconds = line.heard.seconds if line.heard else float(line.seen.get("seconds", 0.0))
    status = str(line.record.get("status") or "waiting")
    sort = f'data-number="{line.number}" data-risk="{line.risk:g}" data-seconds="{seconds:.2f}"'
    sound = _link(line.sound, folder) if line.heard else ""
    return (
        f'<li class="{escape(status)}" data-kinds="{kinds}" {sort}>'
        f"<div class=still>{_still(line, folder)}</div>"
        f"<div class=what><h2>{escape(_name(row))}</h2><p>{escape(_about(row, seconds))}</p>"
        f"<p class=risk>risk {line.risk:g}</p>{_play(sound)}</div>"
        f'<div class=time data-drawing="{escape(drawing(line))}"></div>'
        f"<div class=found>{_findings(line)}{_links(line, folder)}</div></li>"
    )


def _name(row: dict[str, str]) -> str:
    return " ".join(str(row.get("output", "?")).split(PATHS_APART)[0].split())


def _about(row: dict[str, str], seconds: float) -> str:
    told = [f"{name} {row[name]}" for name in _COLUMNS if row.get(name)]
    return ", ".join([str(row.get("audio", "")), f"{seconds:.1f} s", *told])


def _play(sound: str) -> str:
    return f'<button type="button" class=play data-sound="{sound}">Play</button>' if sound else ""


def _still(line: Line, folder: Path) -> str:
    """Return the picture among the outputs, or the film as one that plays."""
    stills = [path for path in line.outputs if path.suffix.lower() in _STILLS and path.exists()]
    films = [path for path in line.outputs if path.suffix.lower() in _FILMS and path.exists()]
    picture = _link(stills[0], folder) if stills else ""
    if films:
        poster = f' poster="{picture}"' if picture else ""
        loaded = "none" if picture else "metadata"
        return f'<video src="{_link(films[0], folder)}"{poster} preload={loaded} controls></video>'
    return f'<img src="{picture}" alt="" loading=lazy>' if picture else ""


def _findings(line: Line) -> str:
    if not line.findings:
        told = "Nothing found." if line.record.get("status") == DONE else ""
        return f"<p class=good>{told}</p>"
    items = (f'<li class="{each.kind}">{escape(each.sentence)}</li>' for each in line.findings)
    return f"<ul>{''.join(items)}</ul>"


def _links(line: Line, folder: Path) -> str:
    """Return links to what was written."""
    links = (
        f'<a href="{_link(path, folder)}">{escape(path.name)}</a>'
        for path in line.outputs
        if path.exists()
    )
    return f"<p class=files>{' '.join(links)}</p>"


def _link(path: Path | None, folder: Path) -> str:
    """Return a link from a folder to a file, so that both may be moved together."""
    if path is None:
        return ""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - links stay
    try:
        return quote(Path(os.path.relpath(whole, folder)).as_posix())
    except ValueError:  # on another drive
        return whole.as_uri()
