"""Blender's own translation, told of ours, and sentences put into the language that is shown."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..machine.access import root_package
from .language import Language, read_languages

_SHIPPED = Path(__file__).with_name("languages")
_CONTEXTS = ("*", "Operator")  # of labels and tooltips, and of buttons
_languages: dict[str, Language] = {}


def attach() -> None:
    """Tell Blender of every language there is a file for; a bad file is named on the console."""
    try:
        _languages.update(read_languages(_folders()))
    except UserError as error:
        print(f"JambaTalk: {error}", file=sys.stderr)
    told = {locale: _for_blender(language) for locale, language in _languages.items()}
    bpy.app.translations.register(root_package(), told)


def _for_blender(language: Language) -> dict[tuple[str, str], str]:
    """Return a language's texts by their contexts, as Blender wants them."""
    return {(each, text): told for text, told in language.texts.items() for each in _CONTEXTS}


def detach() -> None:
    """Take the languages out of Blender again."""
    bpy.app.translations.unregister(root_package())
    _languages.clear()


def shown(sentence: str) -> str:
    """Return a sentence in the language Blender shows its interface in."""
    language = _languages.get(bpy.app.translations.locale or "")
    return sentence if language is None or not _wanted() else language.of(sentence)


def _wanted() -> bool:
    return bool(bpy.context.preferences.view.use_translate_interface)


def _folders() -> list[Path]:
    """Return where files of languages are: the add-on's own, then the artist's."""
    try:
        own = [Path(bpy.utils.extension_path_user(root_package(), path="languages"))]
    except ValueError:  # not an installed extension
        own = []
    return [_SHIPPED, *own]
