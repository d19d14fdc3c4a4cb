"""The one value that flows through everything, and what is done with it alone."""

from .motion import Motion

__all__ = ["Motion"]
