"""Writes the manual's table of options: ``.venv/bin/python docs/make_options.py``."""

from dataclasses import Field
from pathlib import Path
from typing import Any

from model_core.performance.options import Option, names_at, options

PAGE = Path(__file__).resolve().parent / "manual" / "options.md"
_ENDLESS = 1e9
_OPENING = """# Every option

What the panel calls it, what command lines and tables of jobs call it, where it starts and how far
it goes. This page is made of the program's own list by `docs/make_options.py`, and tested to be so.
"""


def page() -> str:
    """Return the page: a table for each part of the panel, in the panel's order."""
    places = dict.fromkeys(about.place for _, about in options().values())
    return "\n".join([_OPENING, *map(_table, places)])


def _table(place: str) -> str:
    rows = (_row(name, *options()[name]) for name in names_at(place))
    head = "| in the panel | word | at first | from, to | what it does |\n|---|---|---|---|---|"
    return "\n".join([f"## {place.capitalize()}\n", head, *rows, ""])


def _row(name: str, each: Field[Any], about: Option) -> str:
    word = f"{about.family} {name.removeprefix(about.family + '_')}:" if about.family else ""
    cells = (
        about.label,
        f"`--{word or (about.word or name).replace('_', '-')}`",
        _value(each.default),
        _reach(about),
        " ".join([about.text + ".", *_choices(about)]),
    )
    return f"| {' | '.join(cells)} |"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else value.lower() or "none"  # type: ignore[attr-defined]


def _reach(about: Option) -> str:
    ends = [f"{end:g}" if abs(end) < _ENDLESS else "any" for end in (about.low, about.high)]
    return "" if ends == ["any", "any"] else ", ".join(ends)


def _choices(about: Option) -> list[str]:
    return [f"`{name.lower()}`: {text}." for name, (_, text) in about.choices.items()]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
