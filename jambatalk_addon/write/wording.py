"""Names in sentences."""

from collections.abc import Iterable

_NAMED = 3


def listed(names: Iterable[str]) -> str:
    """Return a few names in quotes, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(f"'{name}'" for name in every[:_NAMED]) + more
