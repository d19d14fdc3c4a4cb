"""The speaking styles a checkpoint offers, read without loading it."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.errors import UserError
from .registry import PERFORMER, STREAMING
from .style_names import NEUTRAL


def styles_of(checkpoint: str) -> tuple[str, ...]:
    """Return a checkpoint folder's styles; of the default model for an empty path.

    A folder that cannot be read offers the neutral style; the bake then says what is wrong.
    """
    styles = _config_of(checkpoint).get("styles")
    return tuple(map(str, styles)) if isinstance(styles, list) and styles else (NEUTRAL,)


def hears_live(checkpoint: str) -> bool:
    """Return whether a checkpoint's model, or the one that its performers move by, is for live."""
    config = _config_of(checkpoint)
    own = config.get("model") if config.get("kind") == PERFORMER else config
    return isinstance(own, dict) and own.get("kind") == STREAMING


def chosen_style(name: str, checkpoint: str) -> str:
    """Return a style if the checkpoint has it, else the checkpoint's first, its default."""
    offered = styles_of(checkpoint)
    return name if name in offered else offered[0]


def check_style(name: str, checkpoint: str) -> None:
    """Raise `UserError` if a style is named that the checkpoint does not have."""
    offered = styles_of(checkpoint)
    if name and name not in offered:
        raise UserError(f"There is no style '{name}'; choose from {', '.join(offered)}.")


def _config_of(checkpoint: str) -> dict[str, Any]:
    path = (Path(checkpoint) if checkpoint else DEFAULT_CHECKPOINT) / "config.json"
    try:
        return _read(path, path.stat().st_mtime)
    except OSError:
        return {}


@lru_cache(maxsize=8)
def _read(path: Path, _changed: float) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}
