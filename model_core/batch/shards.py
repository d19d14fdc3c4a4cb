"""Parts of a table for several machines: jobs that build on each other stay together."""

from .order import Entry, before
from .settings import Shard


def part_of(entries: list[Entry], shard: Shard | None) -> list[Entry]:
    """Return a shard's jobs; which they are follows from the table alone."""
    if shard is None:
        return entries
    grouped = zip(entries, _groups(entries), strict=True)
    return [entry for entry, group in grouped if group % shard.count == shard.index - 1]


def _groups(entries: list[Entry]) -> list[int]:
    """Return for each job the number of its group, from 0, in order of the groups' first jobs."""
    earlier = before(entries)
    root: dict[int, int] = {}

    def top(number: int) -> int:
        while root[number] != number:
            number = root[number]
        return number

    for entry in entries:
        root[entry.number] = entry.number
        for other in earlier[entry.number]:
            first, second = sorted((top(other), top(entry.number)))
            root[second] = first
    numbers: dict[int, int] = {}
    return [numbers.setdefault(top(entry.number), len(numbers)) for entry in entries]
