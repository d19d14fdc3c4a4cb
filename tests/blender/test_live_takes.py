"""Live speech on other characters and over strips: what is recorded is what was streamed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import helpers
import numpy as np
import pytest
from fake_worker import SPEECH_SHAPES, weights_at
from helpers import Addon, UseWorker

from model_core.motion.resampling import resample
from tests.named_heads import arkit_keys, flame_head

SECONDS, FPS, FIRST = 1.5, 60.0, 11
PATIENCE = 60.0
Started = Callable[[bpy.types.Object], Any]
JAW = SPEECH_SHAPES.index("jawOpen")


@pytest.fixture
def keyed(scene: bpy.types.Scene) -> bpy.types.Object:
    """A head with ARKit's shape keys."""
    head = flame_head()
    obj = helpers.make_head(head.points, head.triangles, "Keyed")
    helpers.add_keys(obj, arkit_keys(head, "Apple"))
    return obj


@pytest.fixture
def jaw_bone(scene: bpy.types.Scene, addon: Addon) -> bpy.types.PoseBone:
    """An armature's jaw with a pose stored for its opening."""
    return helpers.add_jaw_rig(addon)


@pytest.fixture
def start(addon: Addon, worker: UseWorker, tmp_path: Path) -> Started:
    """Begin a session whose face follows the playhead, over a file or the scene's strip."""
    sound = str(helpers.write_wav(tmp_path / "line.wav", SECONDS))

    def act(obj: bpy.types.Object) -> Any:
        settings = bpy.context.scene.jambatalk
        settings.mesh, settings.live_source = obj, "SOUND"
        settings.sound_file, settings.start_frame = sound, FIRST
        plan = replace(addon("live.plan").make_plan(bpy.context), follows=True)
        return addon("live.session").Session(plan)

    bpy.context.scene.jambatalk.source = "FILE"
    return act


def hear_all(session: Any) -> None:
    """Wait until everything was told."""
    deadline = time.monotonic() + PATIENCE
    while session.frames is None or session.frames.total < round(SECONDS * FPS):
        assert not session.tick() and time.monotonic() < deadline
        time.sleep(0.002)
    session.tick()


def shown_at(session: Any, frame: int) -> Any:
    """Go to a frame of the scene; return the motion of one frame that is due there."""
    bpy.context.scene.frame_set(frame)
    return session.frames.at(session._due())


def written(session: Any, addon: Addon) -> Any:
    """End a session and write what it recorded, as the scene's frames have it."""
    recorded = session.recorded
    session.close()
    outcome = addon("live.take").write_take(bpy.context, session.plan, recorded)
    assert (outcome.first_frame, recorded.motion.frames) == (FIRST, round(SECONDS * FPS))
    return resample(recorded.motion, 30.0)


def test_a_take_on_a_head_of_its_own_keys_moves_as_it_did_live(
    keyed: bpy.types.Object, start: Started, addon: Addon
) -> None:
    session, jaw = start(keyed), 'key_blocks["jawOpen"].value'
    session.record(on=True)
    hear_all(session)
    target, live = session._puppet.target, []
    for frame in range(FIRST, FIRST + 30):
        wanted = target.values(shown_at(session, frame))["jawOpen"][0]
        live.append(keyed.data.shape_keys.path_resolve(jaw))
        assert live[-1] == pytest.approx(wanted, abs=1e-5)
    wanted = target.values(written(session, addon))["jawOpen"]
    curve = helpers.value_curves(keyed)[jaw]
    keys = np.array([curve.evaluate(FIRST + frame) for frame in range(len(wanted))])
    assert np.ptp(wanted) > 0.1
    np.testing.assert_allclose(keys, wanted, atol=0.02)
    np.testing.assert_allclose(keys[:30], live, atol=0.03)


def test_a_take_on_bones_is_what_was_streamed(
    jaw_bone: bpy.types.PoseBone, start: Started, addon: Addon
) -> None:
    rig = jaw_bone.id_data
    session = start(rig)
    session.record(on=True)
    hear_all(session)
    live = [(shown_at(session, frame), jaw_bone.rotation_euler.x)[1] for frame in range(11, 41)]
    wanted = 0.5 * session._puppet.target.values(written(session, addon))["jawOpen"]
    holder = addon("write.fcurves").find_holder(rig)
    curve = holder.fcurves.find('pose.bones["jaw"].rotation_euler', index=0)
    keys = np.array([curve.evaluate(FIRST + frame) for frame in range(len(wanted))])
    assert np.ptp(wanted) > 0.05
    np.testing.assert_allclose(keys, wanted, atol=0.01)
    np.testing.assert_allclose(keys[:30], live, atol=0.015)


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="it is built without sound")
@pytest.mark.parametrize(
    ("rate", "base", "speed"), [(24, 1.0, 100), (30, 1.001, 100), (60, 1.0, 100), (25, 1.0, 200)]
)
def test_the_face_follows_the_playhead_over_a_strip(
    keyed: bpy.types.Object, start: Started, tmp_path: Path, rate: int, base: float, speed: int
) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = rate, base
    sound = helpers.write_wav(tmp_path / "strip.wav", SECONDS)
    strip = helpers.strip_collection(scene).new_sound("line", str(sound), 1, 21)
    if speed != 100:
        helpers.retime(strip, speed)
    settings = scene.jambatalk
    settings.source, settings.strip_name = "STRIP", strip.name
    session = start(keyed)
    hear_all(session)
    a_second = rate / base * 100 / speed  # of sound, in frames; a retimed strip has whole ones
    assert session.plan.span.motion_fps == pytest.approx(a_second, rel=0.03)
    target, jaw = session._puppet.target, keyed.data.shape_keys.key_blocks["jawOpen"]
    for frame in (30, 25, 37, 21, 1):  # played on, scrubbed back, and before its beginning
        scene.frame_set(frame)
        second = max(0, frame - 21) / session.plan.span.motion_fps
        number = min(session.frames.total - 1, round(second * FPS))
        wanted = target.values(session.frames.at(number))["jawOpen"][0]
        assert jaw.value == pytest.approx(wanted, abs=1e-3), frame
        told = weights_at(np.array([number / FPS]))[0, JAW].clip(0)
        assert session.frames.at(number).weights[0, JAW] == pytest.approx(told, abs=1e-5)
    session.tick()
    assert not session.over  # it waits for the playhead
    session.close()


def test_keys_that_are_deleted_meanwhile(keyed: bpy.types.Object, start: Started) -> None:
    session = start(keyed)
    hear_all(session)
    keyed.shape_key_remove(keyed.data.shape_keys.key_blocks["mouthFunnel"])
    values = session._puppet.target.values(shown_at(session, FIRST + 20))
    shown = keyed.data.shape_keys.key_blocks["jawOpen"].value
    assert shown == pytest.approx(values["jawOpen"][0], abs=1e-5) and not session.over
    keyed.shape_key_clear()
    bpy.context.scene.frame_set(FIRST + 21)
    assert session.over and "deleted" in session.trouble
    session.close()


def test_a_key_of_the_artists_stays_where_it_is_put(
    keyed: bpy.types.Object, start: Started
) -> None:
    session = start(keyed)
    hear_all(session)
    rest = helpers.shown_points(keyed)
    own = keyed.shape_key_add(name="Scar", from_mix=False)
    own.value = 0.6
    shown_at(session, FIRST + 20)
    assert own.value == pytest.approx(0.6)
    assert np.abs(helpers.shown_points(keyed) - rest).max() > 1e-3  # it is evaluated anew
    session.close()


def test_a_style_that_live_speech_does_not_have_is_told_of(
    keyed: bpy.types.Object, start: Started, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"kind": "performer", "styles": ["neutral", "Ann"]}')
    settings = bpy.context.scene.jambatalk
    settings.checkpoint = str(tmp_path)
    settings.style = "Ann"
    session = start(keyed)
    assert session.plan.options.style == "neutral"
    assert session.notes == ("Live speech has no style 'Ann' and was 'neutral'.",)
    session.close()
