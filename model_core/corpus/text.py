"""Sentences to speak: Debian's fortunes and a phonetically rich set of our own."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from ..base.errors import UserError

FORTUNES = Path("/usr/share/games/fortunes")
SENTENCES = Path(__file__).parent / "sentences"

_LETTERS = {
    "en": "a-z",
    "de": "a-zäöüß",
    "es": "a-záéíóúüñ",
    "it": "a-zàèéìòù",
    "cs": "a-záčďéěíňóřšťúůýž",
    "pl": "a-ząćęłńóśźż",
    "pt": "a-záâãàçéêíóôõú",
    "ru": "\u0430-\u044f\u0451",
}
_FORTUNE_FILES = {"en": "*", "pt": "brasil"}
_UNWANTED = defaultdict(
    frozenset,
    en=frozenset({"brasil", "zippy", "ethnic", "art", "ascii-art"}),
    de=frozenset({"asciiart"}),
    es=frozenset({"varios.fortunes-pre"}),
)
_WORDS = range(4, 19)
_LONGEST_WORD = 16


def sentences(language: str, count: int, rng: np.random.Generator) -> list[str]:
    """`count` sentences in a language, in a random order: a quarter ours, the rest fortunes.

    A set that is too small is repeated; where there are no fortunes all are ours. Raises
    `UserError` if there is no text in that language.
    """
    own, others = own_sentences(language), fortunes(language)
    if not own and not others:
        raise UserError(
            f"There is no text in '{language}'; run 'python -m model_core corpus install'."
        )
    ours = _draw(own, min(count // 4, len(own)) if others else count, rng)
    drawn = ours + _draw(others, count - len(ours), rng)
    return [drawn[i] for i in rng.permutation(count)]


def _draw(pool: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` sentences of a pool in random order, repeated when it is used up."""
    order = rng.permutation(len(pool))
    return [pool[order[i % len(pool)]] for i in range(count)]


def own_sentences(language: str) -> list[str]:
    """Our own sentences in a language, rich in lip contrasts; none if there are no such."""
    path = SENTENCES / f"{language}.txt"
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def fortunes(language: str) -> list[str]:
    """Clean sentences from the installed fortunes of a language, sorted and without repeats."""
    if language not in _LETTERS:
        return []
    found: set[str] = set()
    for path in _fortune_files(language):
        for fortune in re.split(r"^%$", _read_text(path), flags=re.MULTILINE):
            found.update(clean_sentences(fortune, language))
    return sorted(found)


def clean_sentences(fortune: str, language: str) -> list[str]:
    """Sentences of a fortune that are plain words with plain punctuation."""
    prose = re.sub(r"^\s*--.*", "", fortune, flags=re.MULTILINE | re.DOTALL)
    joined = re.sub(r"\s+", " ", prose.replace("\u2019", "'")).strip()
    return [s for s in re.split(r"(?<=[.!?])\s+", joined) if _is_clean(s, _LETTERS[language])]


def _is_clean(sentence: str, letters: str) -> bool:
    plain = re.fullmatch(rf"[{letters}][{letters},;' ]*[.!?]", sentence.lower())
    words = sentence.split()
    shouted = any(len(word) > 1 and word.isupper() for word in words)
    return bool(plain) and len(words) in _WORDS and not shouted and _longest(words) < _LONGEST_WORD


def _longest(words: list[str]) -> int:
    return max(len(word) for word in words)


def _fortune_files(language: str) -> list[Path]:
    """Fortune files of a language; English ones lie at the top, among links to other languages."""
    files = FORTUNES.glob(_FORTUNE_FILES.get(language, f"{language}/*"))
    return sorted(path for path in files if path.is_file() and not _is_unwanted(path, language))


def _is_unwanted(path: Path, language: str) -> bool:
    foreign = language == "en" and path.resolve().parent != FORTUNES
    return foreign or path.suffix in {".dat", ".u8"} or path.name in _UNWANTED[language]


def _read_text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
