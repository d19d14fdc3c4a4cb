"""Styles as a user names them, as the shares that a model takes."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..base.errors import UserError


def shares_of(style: str | Mapping[str, float] | None, styles: Sequence[str]) -> list[float]:
    """Return each style's share; they add to 1.

    Args:
        style: a style's name, or a share for each of several; the first of the model's if None.
        styles: names of the model's.

    Raises:
        UserError: the model has no such style, or the shares cannot be.
    """
    chosen = styles[0] if style is None else style
    shares = {chosen: 1.0} if isinstance(chosen, str) else dict(chosen)
    unknown = [name for name in shares if name not in styles]
    if unknown:
        raise UserError(
            f"The model has no style {', '.join(unknown)}; its styles are {', '.join(styles)}."
        )
    total = sum(shares.values())
    if not (total > 0 and min(shares.values()) >= 0 and np.isfinite(total)):
        raise UserError("The shares of the styles must be 0 or more, and at least one above 0.")
    return [shares.get(name, 0.0) / total for name in styles]
