"""Processes of Ray, as the system lists them."""

from contextlib import suppress
from pathlib import Path


def benches() -> list[int]:
    """Return the numbers of Ray's processes that hold a bench."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if each.read_bytes().startswith(b"ray::Bench"):
                found.append(int(each.parent.name))
    return found
