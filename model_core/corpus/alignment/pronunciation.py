"""English words of a transcript and their pronunciations for pocketsphinx."""

import re

from ..synthesis.flite import pronounce

_FLITE_TO_SPHINX = {"ax": "AH", "axr": "ER", "ix": "IH", "dx": "T", "nx": "N", "hv": "HH"}
_FLITE_SYLLABIC = {"el": ("AH", "L"), "em": ("AH", "M"), "en": ("AH", "N")}


def words_of(text: str) -> list[str]:
    """Lower-case words of an English transcript; digits are words of their own."""
    return re.findall(r"\d|[a-z']*[a-z][a-z']*", text.lower().replace("\u2019", "'"))


def sphinx_pronunciation(word: str) -> str:
    """Upper-case ARPAbet of an English word for pocketsphinx, from flite."""
    symbols: list[str] = []
    for symbol in pronounce(word):
        symbols += _FLITE_SYLLABIC.get(symbol, (_FLITE_TO_SPHINX.get(symbol, symbol.upper()),))
    return " ".join(symbols)
