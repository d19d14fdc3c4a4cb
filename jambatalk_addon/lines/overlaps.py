"""Which of the lines on one mouth has it where they overlap; needs no Blender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Heard(NamedTuple):
    """When a line is heard.

    Attributes:
        first: scene frame.
        last: scene frame.
        channel: of its strip.
        name: of its strip.
        mouth: who speaks it.
    """

    first: int
    last: int
    channel: int
    name: str
    mouth: object


class Overlap(NamedTuple):
    """Frames that two lines have on one mouth.

    Attributes:
        winner: index of the line that has them.
        loser: index of the line that gives way.
        first: scene frame.
        last: scene frame.
    """

    winner: int
    loser: int
    first: int
    last: int


def order_of(lines: Sequence[Heard]) -> list[int]:
    """Return the indices of lines in the order they are to be baked: a later one has the frames.

    Who begins later cuts in, and of those that begin together the one on the higher channel, which
    is what the sequencer shows on top.
    """
    return sorted(range(len(lines)), key=lambda index: lines[index][:1] + lines[index][2:4])


def overlaps_of(lines: Sequence[Heard]) -> list[Overlap]:
    """Return where lines on one mouth overlap, and who has the frames, in order of time."""
    order = order_of(lines)
    found = []
    for place, winner in enumerate(order):
        for loser in order[:place]:
            one, other = lines[winner], lines[loser]
            first, last = max(one.first, other.first), min(one.last, other.last)
            if one.mouth == other.mouth and first <= last:
                found.append(Overlap(winner, loser, first, last))
    return sorted(found, key=lambda each: each[2:])
