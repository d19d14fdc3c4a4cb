"""A language: what texts and sentences of the add-on are called in it, read from a JSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ...model_core.base.errors import UserError

FIELD = re.compile(r"\{(\w+)\}")
"""What a sentence says of the case at hand, such as ``{name}``; a translation may move it."""

_BETWEEN = re.compile(r"(?<=[.!?]) (?=\S)")


@dataclass(frozen=True)
class Language:
    """The texts of one language.

    Attributes:
        texts: each text in English, with ``{fields}``, and what it is in this language.
    """

    texts: Mapping[str, str]
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def of(self, text: str) -> str:
        """Return a text in this language, sentence by sentence; what is not known stays English."""
        if text not in self._known:
            whole = self._of_one(text)
            parts = [self._of_one(part) or part for part in _BETWEEN.split(text)]
            self._known[text] = whole or " ".join(parts)
        return self._known[text]

    def _of_one(self, text: str) -> str:
        """Return what a text or sentence is called, or nothing if that is not known."""
        if text in self.texts:
            return self.texts[text]
        for pattern, translated in self._patterns:
            if found := pattern.fullmatch(text):
                return _filled(translated, found.groupdict())
        return ""

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Return what each text with fields matches; those that say most themselves first."""
        with_fields = [text for text in self.texts if FIELD.search(text)]
        with_fields.sort(key=lambda text: len(FIELD.sub("", text)), reverse=True)
        return [(_pattern(text), self.texts[text]) for text in with_fields]


def _pattern(text: str) -> re.Pattern[str]:
    """Return what matches a text with any values in its fields."""
    literal = [re.escape(part) for part in FIELD.split(text)]
    literal[1::2] = [f"(?P<{name}>.+?)" for name in literal[1::2]]
    return re.compile("".join(literal), re.DOTALL)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with values in its fields."""
    return FIELD.sub(lambda each: values[each[1]], text)


def read_languages(folders: Iterable[Path]) -> dict[str, Language]:
    """Return the languages that folders have files for, by locale (``de_DE`` of ``de_DE.json``).

    Of two files for one locale both count, and the later folder's where they differ. A text with
    an empty translation is not translated yet.

    Raises:
        UserError: a file is not a table of texts, or a translation has not its text's fields.
    """
    texts: dict[str, dict[str, str]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            texts.setdefault(path.stem, {}).update(read_texts(path))
    return {locale: Language(each) for locale, each in texts.items()}


def read_texts(path: Path) -> dict[str, str]:
    """Return the texts that a file translates.

    Raises:
        UserError: as `read_languages`.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"The translation {path.name} cannot be read: {error}.") from error
    if not isinstance(read, dict) or not all(isinstance(text, str) for text in read.values()):
        raise UserError(
            f"The translation {path.name} is not a table of texts: write it anew with "
            "`jambatalk texts`."
        )
    translated = {english: text for english, text in read.items() if text}
    for english, text in translated.items():
        if sorted(FIELD.findall(english)) != sorted(FIELD.findall(text)):
            raise UserError(
                f"The translation {path.name} has other {{fields}} than the text '{english}'."
            )
    return translated
