"""What is to be baked of a table: a plan for each line that has a character and is heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ...model_core.models.offered_styles import styles_of
from ...model_core.performance.mood.moods import MOODS
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.preference import AUTO
from ..bake import plan
from ..bake.expression import Expressing
from ..bake.plan import BakePlan, Failure, Order
from ..panel import options, shape_list
from ..sound import audibility, source
from ..sound.strips import Found
from ..targets.checks import has_choice, mesh_problem
from ..write.wording import listed
from . import keyed, table
from .overlaps import Heard, order_of, overlaps_of
from .properties import SCENE, JambaTalkLine

NO_LINES = "The scene has no sound strips; add some with +, or choose their scene's sequencer."
NONE_SELECTED = "Select sound strips in the sequencer."
NOBODY_SPEAKS = (
    "No line has a character: choose one in the table, or call a head as its strips are called."
)


def plan_lines(context: bpy.types.Context, only: Sequence[Found] | None = None) -> Order:
    """Return what is to be baked of a scene's table.

    Args:
        context: whose scene has the table.
        only: strips that are meant; all of them if None.

    Raises:
        UserError: there is nothing that could be baked.
    """
    made, left_out = Order(), _LeftOut()
    rows = list(_rows(context, only))
    if not rows:
        raise UserError(NO_LINES if only is None else NONE_SELECTED)
    for line, found in rows:
        reason = _why_left_out(line, found)
        if reason is not None:
            left_out.add(reason, found[1].name)
            continue
        try:
            made.plans.append(_plan_of(context, line, found))
        except UserError as error:
            made.failures.append(Failure(found[1].name, error))
    if not (made.plans or made.failures):
        raise UserError(" ".join([NOBODY_SPEAKS, *left_out.sentences()]))
    heard = [heard_of(each) for each in made.plans]
    made.told = [*left_out.sentences(), *overlap_notes(heard)]
    made.plans = [made.plans[index] for index in order_of(heard)]
    return made


class _LeftOut:
    """Lines that nobody asked to bake, by the reason."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note a line."""
        self._names.setdefault(reason, []).append(name)

    def sentences(self) -> list[str]:
        """Return a sentence for each reason."""
        return [f"Left out, {why}: {listed(names)}." for why, names in self._names.items()]


def _rows(
    context: bpy.types.Context, only: Sequence[Found] | None
) -> Iterator[tuple[JambaTalkLine, Found]]:
    """Yield the rows that are meant, with their strips."""
    lines = table.table_of(context.scene).lines
    for line, found in zip(lines, table.strips_of(context, lines), strict=True):
        if found is not None and (only is None or found in only):
            yield line, found


def _why_left_out(line: JambaTalkLine, found: Found) -> str | None:
    """Return why a line is not to be baked, or None if it is."""
    if not line.wanted:
        return "as the table has it"
    if line.speaker is None:
        return "having no character"
    return "being muted" if audibility.is_muted(*found) else None


def _plan_of(context: bpy.types.Context, line: JambaTalkLine, found: Found) -> BakePlan:
    """Return the plan of a line. Raises `UserError` if it cannot be baked."""
    scene, speaker = context.scene, line.speaker
    if scene.objects.get(speaker.name) != speaker:
        raise UserError(f"'{speaker.name}' is not in the scene '{scene.name}'; choose another.")
    wanted = options_of(line)
    problem = mesh_problem(speaker, wanted)
    if problem is not None:
        raise UserError(problem)
    span = source.from_strip(*found, scene)
    expressing = Expressing(_head_owner(scene, speaker), keyed.moods_of(line))
    return plan.plan_of(scene, span, speaker, wanted, expressing)


def options_of(line: JambaTalkLine) -> BakeOptions:
    """Return how a line is to be baked: as the scene says, but for what is the line's own.

    Raises:
        UserError: the model has no such style.
    """
    settings, speaker = line.id_data.jambatalk, line.speaker
    wanted = options.read(settings)
    own: dict[str, Any] = {"shape_map": shape_list.text_of(settings, speaker)}
    if speaker.type != "MESH" or not has_choice(speaker):
        own["target"] = AUTO
    if line.own_style:
        own["style"] = _checked_style(line.own_style, wanted)
    if line.own_seed >= 0:
        own["seed"] = line.own_seed
    if line.own_mood != SCENE or line.mood_changes:
        own["mood_changes"] = line.mood_changes
    if line.own_take >= 0:
        own["take"] = line.own_take
    if line.own_mood != SCENE:
        own |= {f"mood_{mood}": 0.0 for mood in MOODS}
        own |= {f"mood_{line.own_mood}": line.mood_amount} if line.own_mood in MOODS else {}
    return replace(wanted, **own)


def _checked_style(style: str, wanted: BakeOptions) -> str:
    offered = styles_of(wanted.checkpoint)
    if style not in offered:
        raise UserError(f"There is no style '{style}'; choose from {', '.join(offered)}.")
    return style


def _head_owner(scene: bpy.types.Scene, speaker: bpy.types.Object) -> Any:
    """Return what names a character's head: its own choice, or the panel's for the panel's mesh."""
    own = table.character_of(scene, speaker)
    settings = scene.jambatalk
    if own is not None and own.head_object is None and settings.mesh == speaker:
        return settings
    return own if own is not None else settings


def heard_of(planned: BakePlan) -> Heard:
    """Return when a planned line is heard, and by whom."""
    span = planned.span
    assert span.strip is not None and span.frames is not None  # it is a strip's
    last = span.first_frame + span.frames - 1
    return Heard(span.first_frame, last, span.strip.channel, span.name, planned.mesh)


def overlap_notes(heard: Sequence[Heard]) -> list[str]:
    """Return a sentence on each pair of lines that overlap on one mouth."""
    return [_told(heard, *overlap) for overlap in overlaps_of(heard)]


def _told(heard: Sequence[Heard], winner: int, loser: int, first: int, last: int) -> str:
    one, other = heard[winner], heard[loser]
    later = one.first > other.first
    why = "which begins later" if later else f"which lies on the higher channel ({one.channel})"
    frames = f"frame {first}" if first == last else f"frames {first} to {last}"
    return f"In {frames} '{other.name}' gives way to '{one.name}', {why}."
