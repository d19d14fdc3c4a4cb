"""What is to be heard live, and who is to speak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.units import MS_PER_S
from ...model_core.models.offered_styles import chosen_style, hears_live, styles_of
from ...model_core.performance.options import CURVES, BakeOptions
from ..bake import plan as bakes
from ..bake.plan import MeshReference
from ..panel import options
from ..sound.source import AudibleSpan

MICROPHONE, SOUND = "MICROPHONE", "SOUND"
_PACED_CHUNK, _AHEAD_CHUNK = 0.02, 0.5  # s of sound that is heard at once


@dataclass(frozen=True)
class LivePlan:
    """A checked wish: this sound moves that character.

    Attributes:
        speaker: mesh or armature.
        options: which keys, style and controls.
        scene: session id of the scene it is in.
        lookahead: seconds of sound that a frame waits for at most.
        span: the strip or file that is heard; None for the microphone.
        follows: the face follows the playhead over a strip, instead of the clock.
        notes: sentences on what is not as was asked.
    """

    speaker: MeshReference
    options: BakeOptions
    scene: int
    lookahead: float
    span: AudibleSpan | None
    follows: bool
    notes: tuple[str, ...] = ()

    @property
    def chunk(self) -> float:
        """Seconds of sound that are heard at once."""
        return _AHEAD_CHUNK if self.follows else _PACED_CHUNK

    def source(self, audio: dict[str, Any]) -> dict[str, Any]:
        """Return the ``source`` of the worker's request, of a sound brought into its form."""
        return {"microphone": True} if self.span is None else audio | {"paced": not self.follows}


def make_plan(context: bpy.types.Context) -> LivePlan:
    """Return what the scene's settings describe.

    Raises:
        UserError: the sound or the character cannot be used.
    """
    settings, speaker = context.scene.jambatalk, bakes.chosen_mesh(context)
    problem = bakes.chosen_mesh_problem(context) or _linked(speaker)
    if problem or speaker is None:
        raise UserError(problem or "Choose who is to speak.")
    wanted, notes = _for_live(options.read(settings))
    heard = settings.live_source == SOUND
    return LivePlan(
        speaker=MeshReference.of(speaker),
        options=wanted,
        scene=context.scene.session_uid,
        lookahead=settings.live_lookahead / MS_PER_S,
        span=bakes.chosen_span(context) if heard else None,
        follows=heard and settings.source == "STRIP",
        notes=notes,
    )


def _for_live(wanted: BakeOptions) -> tuple[BakeOptions, tuple[str, ...]]:
    """Return options with a model for live sound, and sentences on what is not as was asked."""
    checkpoint = wanted.checkpoint if hears_live(wanted.checkpoint) else ""
    style = chosen_style(wanted.style, checkpoint)
    known = wanted.style in styles_of(wanted.checkpoint) and wanted.style != style
    told = (f"Live speech has no style '{wanted.style}' and was '{style}'.",) if known else ()
    return replace(wanted, output=CURVES, checkpoint=checkpoint, style=style), told


def disabled_reason(context: bpy.types.Context) -> str | None:
    """Return why nothing can be heard live, or None if something can."""
    try:
        make_plan(context)
    except UserError as error:
        return str(error)
    return None


def _linked(speaker: bpy.types.Object | None) -> str | None:
    """Return why a linked mesh is left alone, or None if there is none."""
    if speaker is None or speaker.type != "MESH" or speaker.data.library is None:
        return None
    return f"The mesh of '{speaker.name}' is linked; bake a line first, or make it an override."
