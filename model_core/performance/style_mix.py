"""Styles mixed after a prediction: a sound is told in several once, and a slider goes between."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..motion.channels import weights_by_name, with_channels
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from .closing import as_closed
from .options import BakeOptions


def styles_beside(chosen: BakeOptions, style: str, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the styles that a sound is to be told in beside its own.

    Args:
        chosen: whether all are to be kept, and what is mixed.
        style: the sound's own.
        offered: all that the model has.
    """
    blended = chosen.blend_style if chosen.style_blend > 0.0 else ""
    wanted = offered if chosen.keep_styles else [each for each in offered if each == blended]
    return tuple(each for each in wanted if each != style)


def mixed(motion: Motion, others: Mapping[str, Motion], chosen: BakeOptions) -> Motion:
    """Return a motion mixed with that of another style, by the share that options tell.

    Lips that the larger share closes stay closed.

    Args:
        motion: of the sound's own style.
        others: of the same sound, as many frames each, by their styles.
        chosen: says which, and how much.
    """
    share, other = chosen.style_blend, others.get(chosen.blend_style)
    if other is None or share <= 0.0:
        return motion
    own, theirs = weights_by_name(motion), weights_by_name(other)
    added = {name: share * theirs[name] for name in theirs}
    kept = replace(motion, weights=(motion.weights * (1.0 - share)).astype(motion.weights.dtype))
    blend = with_channels(kept, added)
    nearer = motion if share < 0.5 else other
    if lip_opening(nearer) is None or "jawOpen" not in own:
        return blend
    return as_closed(nearer, blend)
