"""The speaking styles a checkpoint offers, read without loading it."""

import json
from functools import lru_cache
from pathlib import Path

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.errors import UserError
from .style_names import NEUTRAL


def styles_of(checkpoint: str) -> tuple[str, ...]:
    """Return a checkpoint folder's styles; of the default model for an empty path.

    A folder that cannot be read offers the neutral style; the bake then says what is wrong.
    """
    config = (Path(checkpoint) if checkpoint else DEFAULT_CHECKPOINT) / "config.json"
    try:
        return _read(config, config.stat().st_mtime)
    except OSError:
        return (NEUTRAL,)


def chosen_style(name: str, checkpoint: str) -> str:
    """Return a style if the checkpoint has it, else the checkpoint's first, its default."""
    offered = styles_of(checkpoint)
    return name if name in offered else offered[0]


def check_style(name: str, checkpoint: str) -> None:
    """Raise `UserError` if a style is named that the checkpoint does not have."""
    offered = styles_of(checkpoint)
    if name and name not in offered:
        raise UserError(f"There is no style '{name}'; choose from {', '.join(offered)}.")


@lru_cache(maxsize=8)
def _read(config: Path, _changed: float) -> tuple[str, ...]:
    try:
        styles = json.loads(config.read_text("utf-8"))["styles"]
    except (ValueError, KeyError, TypeError):
        return (NEUTRAL,)
    return tuple(str(style) for style in styles) or (NEUTRAL,)
