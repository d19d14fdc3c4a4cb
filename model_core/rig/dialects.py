"""What the shapes of a face are called in sets that have one for each action: ARKit and its kin.

A channel of ours is one key in most sets, several in those that split it (MetaHuman's lips in
quarters), and a share of one where a set joins left and right. Spellings are as
`spelling.joined` has them; Apple's own, Pascal case, ``_L``/``_R``, prefixes, CC3+ ExPlus, MPFB and
VRM's perfect sync all come to the same there, so only what differs is listed.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from .arkit import ARKIT, SIDED, TONGUE
from .rig import load_face_rig
from .spelling import joined

CHANNELS: tuple[str, ...] = (*load_face_rig().names, "tongueOut", *TONGUE)
"""All that a motion of named shapes can hold: the rig's shapes, and the tongue's."""


class Part(NamedTuple):
    """One key that does a channel, or a part of it.

    Attributes:
        text: its name, joined.
        gain: what the channel counts for in it; below 0 where it goes two ways.
    """

    text: str
    gain: float = 1.0


Way = tuple[Part, ...]
"""Keys that do a channel together."""

# dialect | channel | its key, with a gain where that is not 1. `*` stands for Left and for Right in
# turn, {A,B} for several keys that do it together.
_TABLE = """
others    | jawOpen         | mouthOpen
others    | jawOpen         | jawDown
others    | eyeBlink*       | blink*
others    | eyeBlink*       | eyeClose*
others    | eyeBlinkLeft    | ウィンク
others    | eyeBlinkRight   | ウィンク右
CC4       | browInnerUp*    | browRaiseInner*
CC4       | browDown*       | browDrop*
CC4       | browOuterUp*    | browRaiseOuter*
CC4       | eyeLookUp*      | eye*LookUp
CC4       | eyeLookDown*    | eye*LookDown
CC4       | eyeLookInLeft   | eyeLeftLookRight
CC4       | eyeLookInRight  | eyeRightLookLeft
CC4       | eyeLookOutLeft  | eyeLeftLookLeft
CC4       | eyeLookOutRight | eyeRightLookRight
CC4       | cheekSquint*    | cheekRaise*
CC4       | mouthRollUpper  | mouthRollInUpper
CC4       | mouthRollLower  | mouthRollInLower
CC4       | mouthRollUpper  | mouthRollInUpper{Left,Right}
CC4       | mouthRollLower  | mouthRollInLower{Left,Right}
CC4       | mouthFunnel     | mouthFunnel{Up,Down}{Left,Right}
CC4       | mouthPucker     | mouthPucker{Up,Down}{Left,Right}
CC4       | mouthUpperUp*   | mouthUpUpper*
CC4       | mouthLowerDown* | mouthDownLower*
Daz       | eyeWide*        | eyesWide*
Daz       | eyeLookUp*      | eyeLookUpDown*
Daz       | eyeLookDown*    | eyeLookUpDown*:-1
Daz       | eyeLookInLeft   | eyeLookSideSideLeft
Daz       | eyeLookOutLeft  | eyeLookSideSideLeft:-1
Daz       | eyeLookInRight  | eyeLookSideSideRight:-1
Daz       | eyeLookOutRight | eyeLookSideSideRight
Daz       | jawForward      | jawForwardRecess
Daz       | jawLeft         | jawLeftRight
Daz       | jawRight        | jawLeftRight:-1
Daz       | mouthLeft       | mouthLeftRight
Daz       | mouthRight      | mouthLeftRight:-1
Mixamo    | browDown*       | browsDown*
Mixamo    | browInnerUp*    | browsIn*
Mixamo    | browOuterUp*    | browsUp*
Mixamo    | eyeSquint*      | squint*
Mixamo    | noseSneer*      | noseScrunch*
Mixamo    | jawForward      | jawForeward
Mixamo    | mouthPucker     | mouthNarrow{Left,Right}
Mixamo    | mouthFunnel     | mouthWhistleNarrowAdjust{Left,Right}
Mixamo    | mouthRollUpper  | upperLipIn
Mixamo    | mouthRollLower  | lowerLipIn
Mixamo    | mouthUpperUp*   | upperLipUp*
Mixamo    | mouthLowerDown* | lowerLipDown*
Mixamo    | mouthSmile*     | smile*
Mixamo    | mouthFrown*     | frown*
MetaHuman | browInnerUp*    | browRaiseIn*
MetaHuman | browOuterUp*    | browRaiseOuter*
MetaHuman | eyeWide*        | eyeWiden*
MetaHuman | eyeSquint*      | eyeSquintInner*
MetaHuman | eyeLookInLeft   | eyeLookRightLeft
MetaHuman | eyeLookOutLeft  | eyeLookLeftLeft
MetaHuman | eyeLookInRight  | eyeLookLeftRight
MetaHuman | eyeLookOutRight | eyeLookRightRight
MetaHuman | cheekSquint*    | eyeCheekRaise*
MetaHuman | cheekPuff*      | mouthCheekBlow*
MetaHuman | noseSneer*      | noseWrinkle*
MetaHuman | jawForward      | jawFwd
MetaHuman | mouthFunnel     | mouthFunnel{Ul,Ur,Dl,Dr}
MetaHuman | mouthPucker     | mouthLipsPurse{Ul,Ur,Dl,Dr}
MetaHuman | mouthClose      | mouthLipsTogether{Ul,Ur,Dl,Dr}
MetaHuman | mouthRollUpper  | mouthUpperLipRollIn{Left,Right}
MetaHuman | mouthRollLower  | mouthLowerLipRollIn{Left,Right}
MetaHuman | mouthRollLower  | mouthLowerLipBite{Left,Right}
MetaHuman | mouthRollUpper  | mouthUpperLipBite{Left,Right}
MetaHuman | mouthUpperUp*   | mouthUpperLipRaise*
MetaHuman | mouthLowerDown* | mouthLowerLipDepress*
MetaHuman | mouthSmile*     | mouthCornerPull*
MetaHuman | mouthFrown*     | mouthCornerDepress*
MetaHuman | mouthPress*     | mouthLipsPress*
MetaHuman | mouthShrugUpper | jawChinRaise{Ul,Ur}
MetaHuman | mouthShrugLower | jawChinRaise{Ul,Ur,Dl,Dr}
joined    | browInnerUp*    | browInnerUp:.5
joined    | cheekPuff*      | cheekPuff:.5
joined    | eyeBlink*       | eyeBlink:.5
joined    | eyeBlink*       | blink:.5
joined    | eyeBlink*       | eyesClosed:.5
joined    | eyeBlink*       | eyeClose:.5
joined    | eyeBlink*       | まばたき:.5
joined    | mouthSmile*     | mouthSmile:.5
"""


def _rows() -> list[tuple[str, str, Way]]:
    """Return dialect, channel and keys of every line, sides written out."""
    rows = []
    for line in _TABLE.strip().splitlines():
        dialect, channel, keys = (cell.strip() for cell in line.split("|"))
        for side in ("Left", "Right") if "*" in line else ("",):
            way = tuple(_part(key) for key in _several(keys.replace("*", side)))
            rows.append((dialect, channel.replace("*", side), way))
    return rows


def _several(text: str) -> list[str]:
    """Return the texts that one with choices in braces stands for."""
    before, brace, after = text.partition("{")
    if not brace:
        return [text]
    choices, _, rest = after.partition("}")
    return [before + choice + end for choice in choices.split(",") for end in _several(rest)]


def _part(text: str) -> Part:
    name, _, gain = text.partition(":")
    return Part(joined(name), float(gain or 1.0))


def _ways() -> dict[str, tuple[tuple[str, Way], ...]]:
    """Return the ways to do each channel, Apple's first, each with its dialect."""
    ways: dict[str, list[tuple[str, Way]]] = {
        name: [("", (Part(joined(name)),))] for name in CHANNELS
    }
    for dialect, channel, way in _rows():
        ways[channel].append((dialect, way))
    return {channel: tuple(found) for channel, found in ways.items()}


WAYS: Mapping[str, tuple[tuple[str, Way], ...]] = _ways()
"""By channel: the ways to do it in the order they are preferred, each with its dialect's name."""


def of_arkit(channels: Collection[str]) -> set[str]:
    """Return which of ARKit's names some channels do, whole or one side of."""
    sides = {side: name for name, both in SIDED.items() for side in both}
    return {sides.get(channel, channel) for channel in channels} & set(ARKIT)


TEXTS = frozenset(part.text for ways in WAYS.values() for _, way in ways for part in way)
"""All spellings of keys."""
