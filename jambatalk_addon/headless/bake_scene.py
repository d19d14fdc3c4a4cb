"""``bake-scene``: every line of a scene onto its character, as the button Bake All Lines does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ...model_core.models.offered_styles import check_style
from ..bake.outcome import Summary
from ..bake.queue import bake_and_wait
from ..lines import plans, table
from ..panel import options as panel_options
from . import console, job
from .progress_line import ProgressLine
from .scene_file import check_output, open_scene, save_scene


@dataclass(frozen=True)
class Wishes:
    """What a command line asks for.

    Attributes:
        scene: file to open; None for the open one.
        output: where to save; None for the scene's own file.
        cast: ``STRIP:MESH`` each, the strip's name or a pattern of it.
        options: of the bake, by field, that count instead of the scene's.
    """

    scene: Path | None
    output: Path | None
    cast: Sequence[str]
    options: Mapping[str, Any]


def run(wishes: Wishes) -> int:
    """Bake the lines, tell what was done, and save; return how many lines could not be baked.

    Raises:
        UserError: what is asked for cannot be done, or no line can be baked; nothing is saved.
    """
    if wishes.output is not None:
        check_output(wishes.output)
    if wishes.scene is not None:
        open_scene(wishes.scene)
    target = wishes.output or job.own_file()
    panel_options.write_some(bpy.context.scene.jambatalk, wishes.options)
    summary = _bake(wishes.cast)
    _tell(summary)
    if not summary.outcomes:
        raise UserError("No line could be baked; nothing was saved.")
    save_scene(target)
    console.say(f"Saved {target}.")
    return len(summary.failures)


def _bake(cast: Sequence[str]) -> Summary:
    """Bake the table of the open scene, brought up to date, with progress on standard error."""
    context = bpy.context
    options = panel_options.read(context.scene.jambatalk)
    check_style(options.style, options.checkpoint)
    table.update(context)
    _cast(context, cast)
    line = ProgressLine(sys.stderr)
    try:
        return bake_and_wait(plans.plan_lines(context), line)
    finally:
        line.close()


def _cast(context: bpy.types.Context, wanted: Sequence[str]) -> None:
    """Give strips the characters that are asked for."""
    for wish in wanted:
        pattern, _, name = wish.rpartition(":")
        if not pattern:
            raise UserError(f"'{wish}' does not say who speaks what; write it as STRIP:MESH.")
        speaker = job.named_mesh(name)
        lines = table.table_of(context.scene).lines
        meant = [line for line in lines if fnmatchcase(line.strip_name, pattern)]
        if not meant:
            raise UserError(f"No sound strip is called '{pattern}'.")
        for line in meant:
            line.speaker = speaker


def _tell(summary: Summary) -> None:
    """Print how each line went, and what may surprise."""
    for outcome in summary.outcomes:
        console.say(outcome.headline())
    for note in summary.notes():
        console.say(note)
    if len(summary.outcomes) + len(summary.failures) > 1:
        console.say(summary.headline())
