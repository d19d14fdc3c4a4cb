"""What time means in a scene: its range, its rate, its stretching, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import bpy
import helpers
import pytest
from helpers import Addon

SOUND_SECONDS = 6.0
needs_sound = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)


@pytest.fixture
def strip(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Strip:
    """A strip of 6 s of sound from frame 10 on, at 30 frames per second: to frame 189."""
    sound = helpers.write_wav(tmp_path / "line.wav", SOUND_SECONDS)
    return helpers.strip_collection(scene).new_sound("Line", str(sound), 1, 10)


@pytest.fixture
def head(scene: bpy.types.Scene, addon: Addon) -> bpy.types.Object:
    """A FLAME head, picked in the settings; the strip is found by itself."""
    rig = addon("bake.apply").load_face_rig()
    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    return scene.jambatalk.mesh


def notes(addon: Addon) -> str:
    """Return what is said of the chosen sound, in one text."""
    return " ".join(addon("bake.plan").chosen_span(bpy.context).notes)


@needs_sound
@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (1, 250, ""),
        (10, 189, ""),
        (10, 188, "The scene ends at frame 188: the rest, to 189, is not rendered."),
        (50, 250, "The scene starts at frame 50: what is baked before is not rendered."),
        (190, 250, "outside the scene's frames, 190 to 250: none of it is rendered."),
        (1, 9, "outside the scene's frames, 1 to 9: none of it is rendered."),
    ],
)
def test_frames_that_are_never_rendered(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon, start: int, end: int, said: str
) -> None:
    scene.frame_start, scene.frame_end = start, end
    assert said in notes(addon)
    assert bool(said) == bool(notes(addon))


@needs_sound
def test_a_preview_range_that_plays_a_part(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon
) -> None:
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 5, 200
    assert notes(addon) == ""
    scene.frame_preview_end = 100
    assert notes(addon) == "The preview range, 5 to 100, does not play all of it."


def test_a_file_that_starts_after_the_scene(
    scene: bpy.types.Scene, addon: Addon, tmp_path: Path
) -> None:
    scene.jambatalk.source = "FILE"
    scene.jambatalk.sound_file = str(helpers.write_wav(tmp_path / "line.wav", SOUND_SECONDS))
    assert notes(addon) == ""
    scene.jambatalk.start_frame = 251
    assert "outside the scene's frames, 1 to 250" in notes(addon)
