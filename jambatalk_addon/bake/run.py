"""A bake from settings to mesh: waiting for the model, or step by step for a modal operator."""

import time
from dataclasses import replace

import bpy

from ...model_core.motion.motion import Motion
from ...model_core.performance.controls import performed
from ..bones.calibration import poses_of
from ..targets.checks import held_notes
from ..targets.target import target_of
from ..worker.errors import WorkerError
from ..write import bones
from ..write.apply import write_motion
from ..write.identity import Line
from ..write.report import BakeReport
from . import again
from .expression import write_head
from .outcome import Outcome
from .plan import BakePlan, make_plan
from .prediction import Prediction
from .scene_changes import change_scene
from .status import Trace

_WAIT_SECONDS = 0.2


class Bake:
    """One bake under way.

    Args:
        plan: what to bake.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    def __init__(self, plan: BakePlan) -> None:
        self.plan = plan
        self._started = time.monotonic()
        self.prediction = Prediction(plan)

    def poll(self, wait: float = 0.0) -> bool:
        """Return whether the model is done or cancelled; raises as `Prediction.poll`."""
        return self.prediction.poll(wait)

    def write(self) -> Outcome:
        """Write the model's motion onto the mesh.

        Raises:
            UserError: the mesh is gone or no longer fit; nothing is written.
        """
        if self.prediction.motion is None:
            raise WorkerError("The prediction was cancelled; bake again.")
        obj = self.plan.mesh.resolve(self.plan.options)
        span = self.plan.span
        motion = _on_scene_frames(self.prediction.motion, self.plan)
        onto_bones = obj.type == "ARMATURE"
        report = self._write_bones(obj, motion) if onto_bones else self._write_mesh(obj, motion)
        key = obj if onto_bones else obj.data.shape_keys
        return Outcome(
            report=report,
            mesh=obj.name,
            action=key.animation_data.action.name,
            first_frame=span.first_frame,
            seconds=time.monotonic() - self._started,
            sound_seconds=report.frames / span.motion_fps,
            notes=(
                *self.prediction.notes,
                *report.notes,
                *change_scene(self.plan, report.frames),
            ),
            trace=None if onto_bones else Trace.of(key),
        )

    def _write_mesh(self, obj: bpy.types.Object, motion: Motion) -> BakeReport:
        """Write a motion onto a mesh, turn the head and keep what it was made of."""
        report = self._write_motion(obj, motion)
        turned = write_head(self.plan.expression, obj, motion, self.plan.span)
        self._keep(obj)
        return replace(report, notes=(*report.notes, *turned))

    def _write_bones(self, obj: bpy.types.Object, motion: Motion) -> BakeReport:
        """Write a motion onto an armature's bones by the poses stored on it."""
        poses = poses_of(obj)
        assert poses is not None  # or it would have a problem
        line = Line.of(self.plan.span)
        report = bones.write(obj, poses, motion, line, self.plan.options.reduction)
        return replace(report, notes=(*report.notes, *self.plan.expression.notes))

    def _keep(self, obj: bpy.types.Object) -> None:
        """Keep what was baked for the controls, which act on this line from now on."""
        plan, motion = self.plan, self.prediction.motion
        assert motion is not None  # it was written
        whole = replace(motion.portion(plan.span.frames, 1.0), fps=plan.span.fps)
        take = again.keep(obj, Line.of(plan.span), whole, plan.options)
        scene = plan.scene.scene()
        if scene is not None:
            scene.jambatalk.adjusted_take = take or ""

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


def _on_scene_frames(motion: Motion, plan: BakePlan) -> Motion:
    """Return a motion in scene time, as its controls want it, no longer than its strip."""
    return replace(performed(motion, plan.span.frames, plan.options), fps=plan.span.fps)
