"""What is to be baked, decided before the model runs and checked again when it has run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.hearing.said import Script
from ...model_core.models.offered_styles import chosen_style
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.named_shapes import NamedShapes
from ...model_core.targets.rig_target import RigTarget
from ...model_core.targets.target_file import write_target
from ..bones.rigs import face_of, measure, rig_of
from ..machine.access import settings as machine_settings
from ..panel import options
from ..panel.properties import chosen
from ..sound import scripts, source, strips
from ..sound.source import AudibleSpan
from ..targets.checks import mesh_problem
from ..targets.target import target_of
from ..write.head import Face
from ..write.head_record import HEAD
from ..write.lasting import with_uid
from . import looking
from .expression import NOTHING_PLANNED, Expressing, PlannedExpression, plan_expression

CURVES, TARGET = "curves.npz", "target.npz"
"""Files of a prediction's folder: what it puts a motion into, and the own keys that is for."""


@dataclass(frozen=True)
class SceneChanges:
    """What a bake does to the scene besides the mesh.

    Attributes:
        uid: session id of the scene that is animated.
        extend: move its end to the end of the speech.
        add_strip: put the sound file on a strip.
    """

    uid: int
    extend: bool
    add_strip: bool

    def scene(self) -> bpy.types.Scene | None:
        """Return the scene, or None if it is gone."""
        return with_uid(bpy.data.scenes, self.uid)


@dataclass(frozen=True)
class MeshReference:
    """A mesh object remembered across undo, renaming and deletion."""

    name: str
    session_uid: int

    @classmethod
    def of(cls, obj: bpy.types.Object) -> MeshReference:
        """Remember an object."""
        return cls(obj.name, obj.session_uid)

    def resolve(self, wanted: BakeOptions) -> bpy.types.Object:
        """Return the object.

        Args:
            wanted: how it is to be baked to.

        Raises:
            UserError: it is gone, or can no longer be baked to.
        """
        obj = with_uid(bpy.data.objects, self.session_uid)
        if obj is None:
            raise UserError(f"'{self.name}' was deleted during the bake; nothing was written.")
        problem = mesh_problem(obj, wanted)
        if problem:
            raise UserError(f"The mesh changed during the bake, nothing was written: {problem}")
        return obj


@dataclass(frozen=True)
class Failure:
    """A sound that could not be baked, and why."""

    name: str
    error: Exception


@dataclass(frozen=True)
class BakePlan:
    """A checked request: this sound onto that mesh, in this way.

    Attributes:
        span: the sound, where it is heard.
        mesh: what speaks.
        options: how.
        scene: what changes besides.
        expression: the moods that are keyed, and what turns as the head.
        script: what is said, as far as that is known.
    """

    span: AudibleSpan
    mesh: MeshReference
    options: BakeOptions
    scene: SceneChanges
    expression: PlannedExpression = NOTHING_PLANNED
    script: Script = scripts.NO_SCRIPT


@dataclass
class Order:
    """What is to be baked with one press.

    Attributes:
        plans: in the order they are written: where two overlap, the later one has the frames.
        failures: what was asked for besides, and cannot be planned.
        told: sentences on what is left out, and on who has the frames that two share.
    """

    plans: list[BakePlan] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def make_plan(context: bpy.types.Context) -> BakePlan:
    """Return the plan that the scene's settings describe.

    Raises:
        UserError: the sound or the mesh cannot be used.
    """
    problem = chosen_mesh_problem(context)
    if problem:
        raise UserError(problem)
    settings = context.scene.jambatalk
    add_strip = settings.add_strip and settings.source == "FILE"
    return _plan_of_chosen(context, chosen_span(context), add_strip=add_strip)


def make_plans(context: bpy.types.Context, wanted: list[strips.Found]) -> Order:
    """Return a plan for each of some strips, and why some have none.

    Raises:
        UserError: the mesh cannot be used, or no strip is wanted.
    """
    reason = disabled_reason_of(context, wanted)
    if reason is not None:
        raise UserError(reason)
    order = Order()
    for scene, strip in wanted:
        try:
            span = source.from_strip(scene, strip, context.scene)
            order.plans.append(_plan_of_chosen(context, span, add_strip=False))
        except UserError as error:
            order.failures.append(Failure(strip.name, error))
    return order


def _plan_of_chosen(context: bpy.types.Context, span: AudibleSpan, *, add_strip: bool) -> BakePlan:
    """Return the plan to bake a span onto the chosen mesh as the scene's settings say."""
    settings, speaker = context.scene.jambatalk, chosen_mesh(context)
    assert speaker is not None  # it was judged before
    wanted = options.read(settings)
    plan = plan_of(context.scene, span, speaker, wanted, Expressing(settings))
    return replace(plan, scene=replace(plan.scene, add_strip=add_strip))


def plan_of(
    scene: bpy.types.Scene,
    span: AudibleSpan,
    speaker: bpy.types.Object,
    wanted: BakeOptions,
    expressing: Expressing,
) -> BakePlan:
    """Return the plan to bake a span.

    Args:
        scene: what is animated.
        span: the sound.
        speaker: a mesh, or an armature with poses, that has been judged.
        wanted: how.
        expressing: what turns as its head, and whether keyed moods count.
    """
    wanted = replace(wanted, style=chosen_style(wanted.style, wanted.checkpoint))
    changes = SceneChanges(scene.session_uid, extend=scene.jambatalk.extend_scene, add_strip=False)
    wanted, expression = plan_expression(scene, wanted, span, expressing)
    script, notes = scripts.script_of(scene, span)
    span = replace(span, notes=(*span.notes, *notes))
    return BakePlan(span, MeshReference.of(speaker), wanted, changes, expression, script)


def chosen_mesh(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the mesh picked in the panel, or else the active object."""
    return context.scene.jambatalk.mesh or context.object


def chosen_mesh_problem(context: bpy.types.Context) -> str | None:
    """Return why the chosen mesh cannot be baked to as the settings say, or None if it can."""
    return mesh_problem(chosen_mesh(context), options.read(context.scene.jambatalk))


def chosen_span(context: bpy.types.Context) -> AudibleSpan:
    """Return the audible span of the chosen strip or file.

    Raises:
        UserError: there is none, or it cannot be used.
    """
    settings = context.scene.jambatalk
    if settings.source == "FILE":
        return source.from_file(settings.sound_file, context.scene, settings.start_frame)
    return source.from_strip(*chosen_strip(context), context.scene)


def chosen_strip(context: bpy.types.Context) -> strips.Found:
    """Return the chosen strip and its scene.

    Raises:
        UserError: there is none.
    """
    settings = context.scene.jambatalk
    if settings.follow_sequencer:
        found = strips.active_found(context)
        if found is None:
            raise UserError("Select a sound strip in the sequencer, or turn off following it.")
        return found
    found = strips.find(context, chosen(settings))
    if found is None and settings.strip_name:
        raise UserError(_gone_sentence(context, settings.strip_name))
    if found is None:
        raise UserError("Add a sound strip to the sequencer, or choose a sound file.")
    return found


def _gone_sentence(context: bpy.types.Context, name: str) -> str:
    """Return why no strip, or no one strip, is meant by a name."""
    having = [scene.name for scene, strip in strips.choices(context) if strip.name == name]
    if len(having) < 2:
        return f"There is no sound strip '{name}'; choose another."
    return f"The scenes {', '.join(having)} each have a sound strip '{name}'; choose one."


def selected_strips(context: bpy.types.Context) -> list[strips.Found]:
    """Return the selected sound strips of the scene that `all_strips` are of."""
    return [found for found in all_strips(context) if strips.is_selected(*found)]


def all_strips(context: bpy.types.Context) -> list[strips.Found]:
    """Return the sound strips of the sequencer's scene, or if it has none the chosen strip's."""
    scene = strips.editing_scene(context)
    if not strips.sound_strips(scene):
        found = strips.find(context, chosen(context.scene.jambatalk))
        scene = found[0] if found else scene
    return [(scene, strip) for strip in strips.sound_strips(scene)]


def disabled_reason(context: bpy.types.Context) -> str | None:
    """Return why the settings cannot be baked, or None if they can."""
    try:
        make_plan(context)
    except UserError as error:
        return str(error)
    return None


def disabled_reason_of(context: bpy.types.Context, wanted: list[strips.Found]) -> str | None:
    """Return why no plan can be made for some strips, without looking at each, which takes long."""
    problem = chosen_mesh_problem(context)
    if problem is None and not wanted:
        return "Select sound strips in the sequencer."
    return problem


def request_fields(plan: BakePlan, folder: Path) -> dict[str, object]:
    """Return the fields of the worker's request that depend on neither sound nor motion file.

    Args:
        plan: what is to be baked.
        folder: where the curves are to be written, and what their mesh is if the worker is to know.

    Raises:
        UserError: the mesh is gone or no longer fit.
    """
    obj = plan.mesh.resolve(plan.options)
    rig = rig_of(obj, plan.options)
    measured = measure(rig) if rig is not None else None
    if measured is not None:
        target: RigTarget | None = measured.target
    else:
        target = None if plan.options.exact else target_of(obj, plan.options)
    curves: dict[str, object] = {"output": str(folder / CURVES), "frames": plan.span.frames}
    if isinstance(target, NamedShapes):
        curves["target"] = str(folder / TARGET)
        write_target(target, folder / TARGET)
    return {
        "options": asdict(plan.options),
        "moods": plan.expression.moods,
        **_looks(plan, face_of(obj, measured)),
        "hear": plan.script.to_json(),
        "curves": None if target is None else curves,
        "fps": plan.span.motion_fps,
        "device": machine_settings().device,
    }


def _looks(plan: BakePlan, face: Face) -> dict[str, object]:
    """Return the field of a request that says where what the eyes rest on is, if that is asked."""
    uid, wanted, scene = plan.expression.look_at, plan.options, plan.scene.scene()
    other = with_uid(bpy.data.objects, uid)
    if other is None or scene is None or not (wanted.life > 0.0 and wanted.gaze):
        return {}
    first, count = plan.span.first_frame, plan.span.frames
    last = max(first, scene.frame_end) if count is None else first + count - 1
    frames = range(first, last + 1)
    head = plan.expression.turned.get(HEAD)
    return {"other": looking.directions(scene, face, other, frames, head)}
