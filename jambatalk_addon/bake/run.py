"""A bake from settings to mesh: waiting for the model, or step by step for a modal operator."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import bpy

from ...model_core.hearing.said import Hearing
from ...model_core.models.offered_styles import chosen_style
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.performance.controls import performed
from ...model_core.performance.options import BakeOptions
from ...model_core.performance.style_mix import mixed
from ...model_core.targets.named_shapes import NamedShapes
from ..bones.rigs import Rig, face_of, known_measure, rig_of
from ..bones.takes import takes_of
from ..targets.checks import held_notes
from ..targets.target import target_of
from ..worker.errors import WorkerError
from ..write import nla_takes, ownership, rig_curves
from ..write.apply import write_motion
from ..write.head import Face
from ..write.identity import Line, find_take
from ..write.raw import Raw
from ..write.report import BakeReport
from ..write.rig_curves import RigBake, take_on
from . import again, performances
from .outcome import Outcome
from .plan import BakePlan, make_plan
from .prediction import Prediction
from .scene_changes import change_scene
from .status import Trace
from .turning import write_turns

_WAIT_SECONDS = 0.2


class Predicted(Protocol):
    """A motion to write, as `Prediction` has it."""

    motion: Motion | None
    styles: Mapping[str, Motion]
    curves: tuple[dict[str, Curve], float] | None
    notes: tuple[str, ...]
    heard: Hearing | None
    own_keys: bool

    @property
    def fraction(self) -> float:
        """How much is done, 0..1."""

    @property
    def message(self) -> str:
        """What is being done."""

    def poll(self, wait: float = 0.0) -> bool:
        """Return whether it is there, or never will be."""

    def cancel(self) -> None:
        """Ask for an end."""

    def abandon(self) -> None:
        """End at once."""

    def close(self) -> None:
        """Remove temporary files."""


class Bake:
    """One bake under way.

    Args:
        plan: what to bake.
        prediction: the motion to write; the model is asked for it if None.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    def __init__(self, plan: BakePlan, prediction: Predicted | None = None) -> None:
        self.plan = plan
        self._started = time.monotonic()
        self._heard_seconds = 0.0
        self._later = 0
        self.prediction: Predicted = prediction or Prediction(plan)

    def poll(self, wait: float = 0.0) -> bool:
        """Return whether the model is done or cancelled; raises as `Prediction.poll`."""
        over = self.prediction.poll(wait)
        self._heard_seconds = time.monotonic() - self._started
        return over

    def write(self) -> Outcome:
        """Write the model's motion onto the mesh.

        Raises:
            UserError: the mesh is gone or no longer fit; nothing is written.
        """
        if self.prediction.motion is None:
            raise WorkerError("The prediction was cancelled; bake again.")
        begun = time.monotonic()
        obj = self.plan.mesh.resolve(self.plan.options)
        span = self.plan.span
        motion = self._with_sounds(obj, _on_scene_frames(self._mixed(), self.plan))
        self._later = again.frames_moved(obj, Line.of(span), motion.frames)
        rig = rig_of(obj, self.plan.options)
        report = self._write_mesh(obj, motion) if rig is None else self._write_rig(obj, rig, motion)
        animated = obj.data.shape_keys if rig is None else rig.moves.owner
        return Outcome(
            report=report,
            mesh=obj.name,
            action=animated.animation_data.action.name,
            first_frame=span.first_frame,
            seconds=self._heard_seconds + time.monotonic() - begun,
            sound_seconds=report.frames / span.motion_fps,
            notes=(
                *self.prediction.notes,
                *report.notes,
                *change_scene(self.plan, report.frames),
            ),
            trace=None if rig is not None else Trace.of(animated),
            motion=motion,
            hearing=self.prediction.heard,
            sound=span.path,
            start=span.start,
            style=_told_style(self.plan.options),
        )

    def _mixed(self) -> Motion:
        """Return the model's motion, mixed with another style as the options want it."""
        assert self.prediction.motion is not None  # or nothing would be written
        return mixed(self.prediction.motion, self.prediction.styles, self.plan.options)

    def _with_sounds(self, obj: bpy.types.Object, motion: Motion) -> Motion:
        """Return a motion with what the artist did to single sounds of this line."""
        line = Line.of(self.plan.span)
        edits = again.sound_edits(obj, line, motion.frames)
        if edits:
            self.prediction.curves = None  # which are of the sounds as they are heard
        return again.sounded(motion, edits, line.rate, line.first - line.origin)

    def _write_mesh(self, obj: bpy.types.Object, motion: Motion) -> BakeReport:
        """Write a motion onto a mesh, turn the head and keep what it was made of."""
        report = self._write_motion(obj, motion)
        line = Line.of(self.plan.span).renewed()
        take = find_take(ownership.read(obj.data), line, motion.frames)
        target = target_of(obj, self.plan.options)
        own = target.shape_map.sources if isinstance(target, NamedShapes) else motion.names
        return self._and_the_rest(report, Face(obj, target.axes), take, motion, own)

    def _write_rig(self, obj: bpy.types.Object, rig: Rig, motion: Motion) -> BakeReport:
        """Write a motion onto a rig, turn the head and keep what it was made of."""
        measured, line = known_measure(rig), Line.of(self.plan.span)
        curves, error = self.prediction.curves or measured.target.reduce(
            motion, self.plan.options.reduction
        )
        new = RigBake(curves, error, motion.frames, motion.fps, line, measured.notes)
        replaced = self.plan.options.replace_edits
        report = rig_curves.write(rig.moves, new, replace_edits=replaced)
        take = take_on(rig.moves.owner, line, motion.frames)
        return self._and_the_rest(
            report, face_of(obj, measured), take, motion, rig.shape_map.sources
        )

    def _and_the_rest(
        self,
        report: BakeReport,
        face: Face,
        take: str | None,
        motion: Motion,
        moved: Iterable[str],
    ) -> BakeReport:
        """Turn what turns in a line that was written, and keep what it was made of."""
        plan, first = self.plan, self.plan.span.first_frame
        speaker = plan.mesh.resolve(plan.options)
        turned = write_turns(plan.expression, speaker, face, take, motion, first, moved)
        self._keep(take)
        gone = nla_takes.settle(speaker, takes_of(speaker))
        return replace(report, notes=(*report.notes, *turned, *gone))

    def _keep(self, take: str | None) -> None:
        """Keep what was baked for the controls, which act on this line from now on."""
        plan, motion = self.plan, self.prediction.motion
        assert motion is not None  # it was written
        whole = replace(motion.portion(plan.span.frames, 1.0), fps=plan.span.fps)
        obj, first = plan.mesh.resolve(plan.options), plan.span.first_frame
        made = Raw(whole, first, again.adjusted(plan.options), styles=self._styles())
        kept = take is not None and performances.keep(obj, take, made, plan.options, self._later)
        if take is not None:
            again.keep_heard(obj, take, self.prediction.heard)
        scene = plan.scene.scene()
        if scene is not None:
            scene.jambatalk.adjusted_take = take if kept and take else ""

    def _styles(self) -> dict[str, Motion]:
        """Return the motions in other styles, one frame for each scene frame."""
        span, made = self.plan.span, self.prediction.styles
        return {n: replace(m.portion(span.frames, 1.0), fps=span.fps) for n, m in made.items()}

    def _write_motion(self, obj: bpy.types.Object, motion: Motion) -> BakeReport:
        """Write a motion as the plan's options say, and tell of own keys that stay the artist's."""
        options, span = self.plan.options, self.plan.span
        target = target_of(obj, options)
        same = target.drives_own_keys == self.prediction.own_keys
        left = held_notes(obj) if target.drives_own_keys else ()
        report = write_motion(
            obj,
            motion,
            Line.of(span),
            span.first_frame,
            tolerance_mm=options.tolerance_mm,
            keys=options.curves,
            exact=options.exact,
            replace_edits=options.replace_edits,
            reduced=self.prediction.curves if same else None,
            target=target,
        )
        return replace(report, notes=(*left, *report.notes))

    def close(self) -> None:
        """Remove temporary files."""
        self.prediction.close()


def bake_and_wait(context: bpy.types.Context) -> Outcome:
    """Bake what the scene's settings describe, and wait for it.

    Raises:
        UserError: the settings cannot be baked.
        WorkerError: the model's process failed.
    """
    bake = Bake(make_plan(context))
    try:
        while not bake.poll(_WAIT_SECONDS):
            pass
        return bake.write()
    finally:
        bake.close()


def _told_style(chosen: BakeOptions) -> str:
    """Return the style that a bake was in, if it is not the model's first."""
    return "" if chosen.style == chosen_style("", chosen.checkpoint) else chosen.style


def _on_scene_frames(motion: Motion, plan: BakePlan) -> Motion:
    """Return a motion in scene time, as its controls want it, no longer than its strip."""
    return replace(performed(motion, plan.span.frames, plan.options), fps=plan.span.fps)
