"""Region masks read off the rig's own motion: a vertex belongs where the shapes move it."""

from collections.abc import Sequence

import numpy as np

from ...base.arrays import Floats, Ints
from ..transfer.anatomy import EYEBALLS, HEAD_VERTICES, FlameHead

_SEAM_RINGS = (2, 5)  # where the closed lips touch
_LIP_DEPTH = 8  # rings of mesh from the mouth hole out to the edge of the lips' red
_NECK = 0.045  # metres from the neck's border
_LIPS = ("mouthPucker", "mouthFunnel", "mouthRollLower", "mouthRollUpper")
_EYELIDS = ("eyeBlink", "eyeWide")
_BROWS = ("brow",)
_UPPER_FACE = ("brow", "eye", "cheekSquint", "noseSneer")
_LOWER_FACE = ("mouth", "jaw", "cheekPuff")


def regions(offsets: Floats, names: Sequence[str], head: FlameHead) -> dict[str, Ints]:
    """Return vertex indices by region name for (K, V, 3) offsets.

    ``mouth``, ``jaw``, ``eyelids`` and ``brows`` are where shapes of that name move a vertex by a
    set share of their largest motion; the lips are the rings round the mouth that the lip shapes
    move, ``oral`` the rings behind them; ``upper_face`` is what the shapes of eyes, brows and nose
    move more than those of mouth and jaw. Regions may overlap; all are alike on both sides.
    """
    motion = np.linalg.norm(offsets[:, :HEAD_VERTICES], axis=2)

    def share(*prefixes: str) -> Floats:
        return _share(motion, names, prefixes)

    first, last = _SEAM_RINGS
    visible = head.mouth_ring >= first
    inner = visible & (head.mouth_ring <= last) & (head.lip_distance < 0.03)
    lips = visible & (head.mouth_ring <= _LIP_DEPTH) & (share(*_LIPS) > 0.4)
    upper_face = share(*_UPPER_FACE)
    masks = {
        "oral": (head.mouth_ring <= first) & (head.lip_distance < 0.03),
        "inner_lips": inner,
        "inner_lips_upper": inner & (head.lip_side > 0),
        "inner_lips_lower": inner & (head.lip_side < 0),
        "outer_lips": lips & ~inner,
        "mouth": share("mouth") > 0.4,
        "jaw": share("jawOpen") > 0.4,
        "eyelids": share(*_EYELIDS) > 0.2,
        "brows": share(*_BROWS) > 0.5,
        "upper_face": (upper_face > 0.1) & (upper_face > share(*_LOWER_FACE)),
        "neck": head.neck_distance < _NECK,
    }
    found = {name: np.flatnonzero(mask) for name, mask in masks.items()}
    left, right = (np.arange(span.start, span.stop) for span in EYEBALLS)
    found |= {"eyeball_left": left, "eyeball_right": right}
    return found | {"eyeballs": np.concatenate([left, right])}


def _share(motion: Floats, names: Sequence[str], prefixes: tuple[str, ...]) -> Floats:
    """Return (H) the most any shape so named moves a vertex, as a share of that shape's most."""
    chosen = motion[[name.startswith(prefixes) for name in names]]
    return (chosen / chosen.max(axis=1, keepdims=True)).max(axis=0)
