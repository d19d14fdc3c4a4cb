"""What is said in a sound, so far as the artist says it: in the table, or in a file beside."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.hearing.said import Script
from ...model_core.hearing.subtitles import SUFFIXES, plain, read_cues, read_text
from .source import AudibleSpan

NO_SCRIPT = Script()


def script_of(scene: bpy.types.Scene, span: AudibleSpan) -> tuple[Script, tuple[str, ...]]:
    """Return what is said in a span, and a sentence if a file beside it cannot be read.

    What stands in the table counts before a file of the sound's name that ends in .srt, .vtt or
    .txt.
    """
    text = _in_table(scene, span)
    if text:
        return Script(text=plain(text)), ()
    file = beside(span.path)
    if file is None:
        return NO_SCRIPT, ()
    try:
        return _read(file), ()
    except UserError as error:
        return NO_SCRIPT, (f"The words are not known: {error}",)


def beside(sound: Path) -> Path | None:
    """Return the file that has the words of a sound file, or None."""
    every = (sound.with_suffix(suffix) for suffix in SUFFIXES)
    return next((file for file in every if file != sound and file.is_file()), None)


def _in_table(scene: bpy.types.Scene, span: AudibleSpan) -> str:
    """Return what the table of lines has for a span's strip, or nothing."""
    if span.strip is None:
        return ""
    lines = scene.jambatalk_lines.lines
    named = (line for line in lines if line.strip_name == span.strip.name)
    alike = [line for line in named if (line.strip_scene or scene.name) == span.strip.scene]
    return alike[0].words if alike else ""


def _read(file: Path) -> Script:
    """Return the words in a file; times count from the start of the sound file."""
    if file.suffix.lower() == ".txt":
        return Script(text=plain(read_text(file)))
    return Script(cues=tuple(read_cues(file)))
