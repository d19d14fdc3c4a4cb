"""Everything that can be translated: what Blender shows of our classes, and what our code says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.files import atomic_path
from ..machine.access import root_package
from .language import read_texts
from .sentences import sentences_of

_ADDON = Path(__file__).parents[1]
_CORE = _ADDON.parent / "model_core"
_NOT_IN_BLENDER = ("cli", "corpus", "datasets", "evaluation", "training")
_BASES = (
    bpy.types.Operator,
    bpy.types.Panel,
    bpy.types.PropertyGroup,
    bpy.types.AddonPreferences,
    bpy.types.UIList,
)


def write_template(path: Path) -> tuple[int, int]:
    """Write every text, with what a file that is there calls it; what is new is not translated yet.

    Returns:
        how many texts there are, and how many of them are translated.

    Raises:
        UserError: the file there is no translation, or it cannot be written.
    """
    if path.suffix != ".json":
        raise UserError("A translation is a .json file, called as its locale: de_DE.json.")
    known = read_texts(path) if path.exists() else {}
    texts = {text: known.get(text, "") for text in all_texts()}
    with atomic_path(path) as temporary:
        written = json.dumps(texts, ensure_ascii=False, indent=1)
        temporary.write_text(written + "\n", encoding="utf-8")
    return len(texts), sum(map(bool, texts.values()))


def all_texts() -> list[str]:
    """Return every text of the registered add-on, sorted."""
    rooms = [each for each in _CORE.iterdir() if each.is_dir() and each.name not in _NOT_IN_BLENDER]
    return sorted({*texts_of(_registered()), *sentences_of([_ADDON, *rooms])})


def _registered() -> list[type]:
    """Return the classes of this add-on that Blender knows."""
    return [
        each
        for each in _subclasses(_BASES)
        if each.__module__.startswith(root_package()) and getattr(each, "is_registered", False)
    ]


def _subclasses(classes: Iterable[type]) -> Iterator[type]:
    for each in classes:
        yield each
        yield from _subclasses(each.__subclasses__())


def texts_of(classes: Iterable[type]) -> set[str]:
    """Return what Blender itself shows of registered classes: names, tooltips and menus."""
    found: set[str] = set()
    for each in classes:
        shown = each.bl_rna  # type: ignore[attr-defined]
        if label := getattr(each, "bl_label", ""):  # groups of settings are not shown themselves
            found |= {label, shown.description}
        own = {name for base in each.__mro__ for name in getattr(base, "__annotations__", {})}
        for field in shown.properties:
            if field.identifier in own:
                found |= {field.name, field.description, *_items(field)}
    return found - {""}


def _items(field: bpy.types.Property) -> set[str]:
    """Return the texts of a menu's choices, if they are always the same."""
    if not isinstance(field, bpy.types.EnumProperty):
        return set()
    return {text for item in field.enum_items_static for text in (item.name, item.description)}
