"""Which clips of a folder a command scores, and how far it is."""

import sys
from collections.abc import Iterator
from typing import TypeVar

from ..base.errors import UserError

Item = TypeVar("Item")


def chosen(items: list[Item], limit: int | None) -> list[Item]:
    """Return at most `limit` of the items, evenly chosen. Raises `UserError` for less than 1."""
    if limit is None:
        return items
    if limit < 1:
        raise UserError(f"--limit must be at least 1, not {limit}.")
    return items[:: max(1, -(-len(items) // limit))]


def counted(items: list[Item]) -> Iterator[Item]:
    """Yield the items, with a counter on a terminal."""
    for number, item in enumerate(items, 1):
        yield item
        if sys.stderr.isatty():
            print(f"\r{number}/{len(items)}", end="", file=sys.stderr, flush=True)
