"""The classes of phones that the frame classifier of forced alignment tells apart.

Tools and languages spell like sounds differently, so symbols fold into classes that mean the same
everywhere. Apart stay: silence; p, b, m, f, v and w, whose times the lips show; the other
consonants by place and manner; vowels by height and rounding, without length or nasality. A
diphthong or an affricate is a sequence of two classes, as what sounds changes midway.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .phones import PAUSE, Phone

# Each word is a class: its name, then the symbols that fold into it.
_FOLDED = (
    "_ p b m,F f v,P,B w,H t,c d,J\\ k g,G T D s z S,s\\ Z,z\\ x,C h n,J N l,L r,4 r\\ R j "
    "i,i: I 1,M y,Y u,u: U,} e 2,9,8 o,7 O,O:,Q @ 3,3:,@` E { V,6 a,A,A:"
)
_SEQUENCES = {
    "ts": ("t", "s"),
    "dz": ("d", "z"),
    "tS": ("t", "S"),
    "dZ": ("d", "Z"),
    "eI": ("e", "I"),
    "aI": ("a", "I"),
    "OI": ("O", "I"),
    "aU": ("a", "U"),
    "@U": ("@", "U"),
    "I@": ("I", "@"),
    "e@": ("E", "@"),
    "U@": ("U", "@"),
}
UNHEARD = frozenset({"?"})
"""Symbols without a class: a glottal stop is as often left out as said."""

CLASSES = tuple(folded.split(",")[0] for folded in _FOLDED.split())
SILENCE = CLASSES.index(PAUSE)
_OF_SYMBOL = {
    symbol: index for index, folded in enumerate(_FOLDED.split()) for symbol in folded.split(",")
}
UNKNOWN = -1
"""The class of frames that belong to none."""


def halves(symbol: str) -> tuple[int, int]:
    """Classes of the first and second half of a symbol that is heard."""
    first, second = _SEQUENCES.get(symbol, (symbol, symbol))
    return _OF_SYMBOL[first], _OF_SYMBOL[second]


def frame_classes(phones: Sequence[Phone], frames: int, fps: float) -> NDArray[np.int64]:
    """Class of each of the frames (T,) at `fps`, `UNKNOWN` outside of phones and in `UNHEARD`."""
    classes = np.full(frames, UNKNOWN)
    for phone in phones:
        if phone.symbol in UNHEARD:
            continue
        edges = np.array([phone.start, phone.centre, phone.end]) * fps
        start, middle, end = np.ceil(edges - 1e-6).astype(int)
        classes[start:middle], classes[middle:end] = halves(phone.symbol)
    return classes
