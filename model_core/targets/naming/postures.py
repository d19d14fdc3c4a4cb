"""What the mouth does in the poses that viseme sets have, in channels of ours.

The figures are for a set in common use, with the pose at 1. How far a mesh really opens is measured
on it, so it is the proportions that count here. ``mouthSmile`` and the like stand for both sides.
"""

from collections.abc import Mapping

from ...rig.shapes import SPEECH_SHAPES

_BOTH = (
    "mouthPress",
    "mouthStretch",
    "mouthSmile",
    "mouthDimple",
    "mouthLowerDown",
    "mouthUpperUp",
)

_TABLE = """
rest          |
pressed       | mouthPress .35 mouthRollLower .15 mouthRollUpper .15
lip on teeth  | jawOpen .06 mouthRollLower .45 mouthUpperUp .25
tongue out    | jawOpen .12 mouthLowerDown .12 mouthUpperUp .10
tongue up     | jawOpen .10 mouthLowerDown .18 mouthUpperUp .08 mouthStretch .08
tongue back   | jawOpen .13 mouthLowerDown .10 mouthUpperUp .10
teeth         | jawOpen .05 mouthStretch .25 mouthSmile .15 mouthLowerDown .30 mouthUpperUp .15
teeth round   | jawOpen .06 mouthFunnel .50 mouthPucker .25 mouthUpperUp .10
r             | jawOpen .10 mouthPucker .35 mouthFunnel .20
aa            | jawOpen .38
ae            | jawOpen .34 mouthStretch .12 mouthSmile .10
uh            | jawOpen .25
eh            | jawOpen .24 mouthStretch .18 mouthSmile .12
ih            | jawOpen .16 mouthSmile .25 mouthStretch .18
ee            | jawOpen .11 mouthSmile .42 mouthStretch .28 mouthLowerDown .12
er            | jawOpen .16 mouthPucker .20 mouthFunnel .15
ao            | jawOpen .30 mouthFunnel .35 mouthPucker .25
oh            | jawOpen .22 mouthFunnel .30 mouthPucker .50
ou            | jawOpen .10 mouthFunnel .25 mouthPucker .85
w             | jawOpen .04 mouthFunnel .20 mouthPucker .95
oy            | jawOpen .20 mouthFunnel .25 mouthPucker .30
ay            | jawOpen .30 mouthSmile .15 mouthStretch .10
aw            | jawOpen .32 mouthFunnel .15 mouthPucker .20
breath        | jawOpen .15
small         | jawOpen .08 mouthPucker .25
clenched      | jawOpen .04 mouthStretch .22 mouthSmile .12 mouthLowerDown .22 mouthUpperUp .12
part round    | jawOpen .22 mouthFunnel .30 mouthPucker .15
tight         | mouthDimple .30 mouthStretch .20 mouthPress .10
wide          | mouthSmile .50 mouthStretch .40
lips apart    | mouthLowerDown .45 mouthUpperUp .45
open wide     | jawOpen .55
"""


def _posture(text: str) -> dict[str, float]:
    """Return the channels of one line, both sides of what has sides."""
    values = text.split()
    found: dict[str, float] = {}
    for channel, value in zip(values[::2], values[1::2], strict=True):
        sides = ("Left", "Right") if channel in _BOTH else ("",)
        found.update((channel + side, float(value)) for side in sides)
    assert set(found) <= set(SPEECH_SHAPES), text
    return found


POSTURES: Mapping[str, Mapping[str, float]] = {
    name.strip(): _posture(text)
    for name, text in (line.split("|") for line in _TABLE.strip().splitlines())
}
"""Weights of channels by posture; channels left out are 0."""
