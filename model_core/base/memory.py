"""How much memory this process had, and when Python looks for what nobody holds."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def peak_megabytes() -> float:
    """Return the most memory this process has had resident; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python not look for garbage meanwhile: modules that are imported are none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
