"""Left and right columns of jaw and mouth that are exchanged, and to exchange them back.

In Live Link Face's own takes, read by their header, the mouth's side (MouthLeft less MouthRight)
runs against the side of what moves with it (stretch, dimple, cheek, upper lip): r -.77 and less
over each of six takes, and never above -.05 in any 20 s of them; the jaw's -.31 and less, never
above .16. A file that shows the contrary was written in the other order, or exchanged by hand.
"""

from dataclasses import replace

import numpy as np

from ..base.arrays import Array
from ..motion.motion import Motion
from ..rig.arkit import SWAPPED, named_basis

_FOLLOW = ("mouthStretch", "mouthDimple", "cheekSquint", "mouthUpperUp")
_SURE = 0.4
_SHORTEST = 20.0  # s
_STILL = 0.005  # standard deviation of a side that tells nothing


def swapped_note(motion: Motion) -> str | None:
    """Return a sentence if jaw or mouth go to the other side than in the app's own files."""
    found = {part: _against(motion, part) for part in ("jaw", "mouth")}
    sure = {part: r for part, r in found.items() if r > _SURE}
    if motion.duration < _SHORTEST or not sure:
        return None
    columns = " and ".join(f"{part}Left/{part}Right" for part in sure)
    figures = " and ".join(f"{r:+.2f}" for r in sure.values())
    return (
        f"The columns {columns} look exchanged: against the rest of the face they move the other "
        f"way than in Live Link Face's own files (r {figures}, there below 0). They were read by "
        "their names; if the mouth goes to the wrong side, convert with --swap-sides."
    )


def exchange_sides(motion: Motion) -> Motion:
    """Return a motion whose jaw and mouth go to the other side, all else as it is."""
    names = tuple(SWAPPED.get(name, name) for name in motion.names)
    own = dict(zip(motion.names, motion.basis, strict=True))
    missing = tuple(name for name in names if name not in own)
    own |= dict(zip(missing, named_basis(missing), strict=True))
    return replace(motion, names=names, basis=np.stack([own[name] for name in names]))


def _against(motion: Motion, part: str) -> float:
    """Return the correlation of a part's side with the side of what moves with it; 0 if none."""
    side, others = _side(motion, part), sum(_side(motion, name) for name in _FOLLOW)
    if np.std(side) < _STILL or np.std(others) < _STILL:
        return 0.0
    return float(np.corrcoef(side, others)[0, 1])


def _side(motion: Motion, part: str) -> Array:
    """Return left less right (T,) of a channel; noughts where the motion lacks one of them."""
    names = f"{part}Left", f"{part}Right"
    if not set(names) <= set(motion.names):
        return np.zeros(motion.frames, np.float32)
    left, right = (motion.weights[:, motion.names.index(name)] for name in names)
    return np.asarray(left - right)
