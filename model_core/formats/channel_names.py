"""Which channel a column of a foreign file is, however its program spells it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from ..rig.arkit import ARKIT, SIDED, TONGUE
from ..rig.spelling import joined, spans
from .turns import TURNS

CHANNELS = (*ARKIT, *TONGUE, *(side for sides in SIDED.values() for side in sides))


def channel_of(name: str) -> str | None:
    """Return the channel that a column's name stands for, as this project spells it, or None.

    Capitals, separators and trimmings do not count, nor what stands before a point:
    ``CC_Base_Body.Eye_Blink_L``, ``head__jawOpen``.
    """
    known = _by_text()
    for text in (name, name.rpartition(".")[2]):
        for span in spans(text):
            if span.text in known and not any(span.trimmings):
                return known[span.text]
    return None


def known_columns(header: Sequence[str]) -> dict[str, int]:
    """Return where each channel's column is, and each of head and eyes'.

    Raises:
        ValueError: two columns are the same channel.
    """
    found: dict[str, int] = {}
    for column, name in enumerate(header):
        channel = channel_of(name)
        if channel in found:
            raise ValueError(
                f"its columns {header[found[channel]]} and {name} are the same channel"
            )
        if channel is not None:
            found[channel] = column
    return found


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names for a sentence, the first few of many."""
    every = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in names]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


_LONGEST = 40


@cache
def _by_text() -> dict[str, str]:
    """Return the channels by their spellings: those of sets that have one shape for each."""
    from ..rig.dialects import WAYS  # reads the rig, which help texts need not wait for

    named = {joined(name): name for name in (*CHANNELS, *TURNS)}
    single = [(way[0], name) for name, ways in WAYS.items() for _, way in ways if len(way) == 1]
    uses = Counter(part.text for part, _ in single)
    alone = {part.text: name for part, name in single if part.gain == 1 and uses[part.text] == 1}
    return alone | named
