"""Live speech under way: frames come from the worker, and the newest one is shown."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...model_core.base.errors import UndecodableError, UserError
from ...model_core.motion.motion import Motion
from ...model_core.performance.controls import performed
from ...model_core.worker.protocol import LISTENING, Message
from ..machine.access import settings as machine_settings
from ..panel import watch
from ..sound import samples
from ..worker.errors import WorkerError
from ..worker.request import Request
from ..write.lasting import with_uid
from . import kept
from .frames import Frames
from .plan import LivePlan
from .puppet import Puppet, take_hold

_RATE_SECONDS = 1.0  # over which frames shown are counted
_MOST_TIMES = 240


@dataclass(frozen=True)
class Recorded:
    """What was recorded.

    Attributes:
        motion: as it was streamed, at the model's own rate.
        second: of the sound, at which it begins.
        scene_frame: at which recording began.
    """

    motion: Motion
    second: float
    scene_frame: int


class Session:
    """One character moved by one live sound.

    Args:
        plan: who and what.

    Attributes:
        over: nothing more is shown, and everything is as it was.
        trouble: a sentence on why it ended by itself; empty if it was stopped, or the sound ended.
        notes: sentences on what is not as was asked, and of the model's on the sound.
        frames: what was told, once anything was.

    Raises:
        UserError: the worker cannot be started, or the sound cannot be read.
    """

    running: Session | None = None

    def __init__(self, plan: LivePlan) -> None:
        self.plan, self.over, self.trouble = plan, False, ""
        self.notes = plan.notes
        self.frames: Frames | None = None
        self._puppet: Puppet | None = None
        self._shown = self._drawn = -1
        self._times: deque[float] = deque(maxlen=_MOST_TIMES)
        self._recorded_from: tuple[int, int] | None = None
        self._began_at = _scene_frame(plan.scene)
        self._ended = False
        self._folder = Path(tempfile.mkdtemp(prefix="jambatalk-live-"))
        try:
            self._request = self._ask()
        except (OSError, UserError):
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._drawing = bpy.types.SpaceView3D.draw_handler_add(
            self._count, (), "WINDOW", "POST_PIXEL"
        )
        Session.running = self

    def record(self, *, on: bool) -> None:
        """Record from now on, unless it does already; or drop what was recorded."""
        if not on:
            self._recorded_from = None
        elif self._recorded_from is None or self.frames is None:  # until something is heard
            total = self.frames.total if self.frames is not None else 0
            first = 0 if self.plan.follows else total
            self._recorded_from = first, _scene_frame(self.plan.scene)

    @property
    def recorded(self) -> Recorded | None:
        """What was recorded, if anything was."""
        if self._recorded_from is None or self.frames is None:
            return None
        first, frame = self._recorded_from
        motion = self.frames.since(first)
        return Recorded(motion, first / motion.fps, frame) if motion.frames else None

    def tick(self) -> bool:
        """Take in what the worker told, and show the newest frame; return whether it is over."""
        if not self.over and self._guarded(self._hear):
            self._guarded(self._show)
        if self._ended and not self.plan.follows and self._shown >= self._last:
            self.stop()
        return self.over

    def show_again(self) -> None:
        """Show the frame that is due over what the scene's own animation has just made."""
        self._shown = -1
        if self._puppet is not None and not self.over:
            self._guarded(self._show)

    def _guarded(self, step: Callable[[], bool]) -> bool:
        """Return what a step returns, or False if it fails, which ends it all."""
        try:
            return step()
        except (UserError, WorkerError) as error:
            self.stop(str(error))
            return False

    def stop(self, trouble: str = "") -> None:
        """End it, and have the character as it was."""
        if self.over:
            return
        self.over, self.trouble = True, trouble
        if Session.running is self:
            Session.running = None
        bpy.types.SpaceView3D.draw_handler_remove(self._drawing, "WINDOW")
        self._request.cancel()
        if not kept.give_back():
            kept.give_back_later()
        self._let_animation_speak()

    def cancel(self) -> None:
        """End it: the artist wants it to."""
        self.stop()

    def abandon(self) -> None:
        """End it: Blender quits or loads another file."""
        self.stop()

    def close(self) -> None:
        """End it if need be, and remove temporary files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def message(self) -> str:
        """What is to be told of it now."""
        if self.frames is None:
            return self._request.message or "Starting the model"
        if self.plan.follows:
            return f"Follows the playhead: {self.frames.heard:.0f} s heard"
        shown = f"{self.frames.latency_ms:.0f} ms behind the voice, {self.rate} frames/s"
        return f"Recording, {shown}" if self._recorded_from is not None else shown

    def _ask(self) -> Request:
        """Send the request for the sound."""
        plan, audio = self.plan, {}
        if plan.span is not None:
            file = samples.sound_file(plan.span, self._folder)
            audio = samples.by_path(plan.span, file)
        return self._request_of(audio)

    def _request_of(self, audio: dict[str, object]) -> Request:
        plan = self.plan
        return Request(
            "live",
            source=plan.source(audio),
            lookahead=plan.lookahead,
            chunk=plan.chunk,
            options={"style": plan.options.style, "checkpoint": plan.options.checkpoint},
            device=machine_settings().device,
        )

    def _hear(self) -> bool:
        """Take in what the worker told; return whether anything can be shown."""
        if not self._ended:
            try:
                self._ended = self._request.poll() is not None
            except UndecodableError:
                self._request = self._decoded_by_blender()
            for event in self._request.take_told():
                self._take(event)
        return self.frames is not None

    def _decoded_by_blender(self) -> Request:
        """Ask anew with samples of Blender's; it raises `UserError` if that cannot be, too."""
        span = self.plan.span
        assert span is not None  # a microphone is not decoded
        file = samples.sound_file(span, self._folder)
        return self._request_of(samples.by_blender(span, file, self._folder))

    def _take(self, event: Message) -> None:
        """Take in one thing that the worker told."""
        if event["event"] == LISTENING:
            self.frames = Frames(tuple(event["names"]), float(event["fps"]))
            self.notes = (*self.plan.notes, *map(str, event.get("notes", ())))
        elif self.frames is not None:
            keep = self.plan.follows or self._recorded_from is not None
            self.frames.add(event, keep=keep)

    @property
    def _last(self) -> int:
        """The last frame that came."""
        return -1 if self.frames is None else self.frames.total - 1

    def _show(self) -> bool:
        """Show the frame that is due, unless it is shown; return whether another one is."""
        due = self._due()
        frame = self.frames.at(due) if self.frames is not None and due != self._shown else None
        if frame is None:
            return False
        frame = performed(frame, None, self.plan.options)
        if self._puppet is None:
            obj = self.plan.speaker.resolve(self.plan.options)
            self._puppet = take_hold(obj, self.plan.options, frame)
        self._puppet.show(frame)
        self._shown = due
        watch.redraw_views(bpy.context.window_manager)
        return True

    def _due(self) -> int:
        """Return the frame to show now: the newest, or the one at the playhead."""
        newest = self.frames.total - 1 if self.frames is not None else -1
        if not self.plan.follows or self.plan.span is None or self.frames is None:
            return newest
        span = self.plan.span
        second = (_scene_frame(self.plan.scene) - span.first_frame) / span.motion_fps
        return min(newest, max(0, round(second * self.frames.fps)))

    @property
    def rate(self) -> int:
        """How many frames were drawn in the last second."""
        since = time.monotonic() - _RATE_SECONDS
        while self._times and self._times[0] < since:
            self._times.popleft()
        return len(self._times)

    def _count(self) -> None:
        """Count a frame when a view draws it for the first time."""
        if self._shown not in {self._drawn, -1}:
            self._drawn = self._shown
            self._times.append(time.monotonic())

    def _let_animation_speak(self) -> None:
        """Have what is animated as its curves say at this frame, if that is another than before."""
        scene = with_uid(bpy.data.scenes, self.plan.scene)
        if scene is not None and scene.frame_current != self._began_at:
            scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)


def _scene_frame(uid: int) -> int:
    scene = with_uid(bpy.data.scenes, uid)
    return scene.frame_current if scene is not None else 0
