"""The demonstration: its files, and a console that is told no more than how far it is."""

import os
import signal
from pathlib import Path

import bpy
import pytest
from helpers import Addon, UseWorker

FRAMES = 3

needs_sound = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender has no sound"
)


@pytest.fixture
def short_demo(
    scene: bpy.types.Scene, addon: Addon, worker: UseWorker, monkeypatch: pytest.MonkeyPatch
) -> Addon:
    """The demonstration with three frames of film and two on the sheet."""
    made, film = addon("demo.scene"), addon("demo.film")
    build = made.build

    def build_short(opened: bpy.types.Scene) -> object:
        head_and_strip = build(opened)
        opened.frame_end = FRAMES
        return head_and_strip

    monkeypatch.setattr(made, "build", build_short)
    monkeypatch.setattr(film, "SHEET_COLUMNS", 2)
    monkeypatch.setattr(film, "SHEET_ROWS", 1)
    return addon


@needs_sound
def test_it_makes_three_files_and_says_how_far_it_is(
    short_demo: Addon, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert short_demo("headless.cli").run_module(["demo", "--output", str(tmp_path / "d")]) == 0
    printed = capfd.readouterr()
    (last,) = printed.out.splitlines()
    assert last.startswith("Baked ")
    assert "talking_head.mp4" in last
    assert printed.err.splitlines() == [
        "Listening to the sentence and baking it ...",
        "Rendering the film ...",
        "Rendering the contact sheet ...",
    ]
    made = {path.name: path.stat().st_size for path in (tmp_path / "d").iterdir()}
    assert set(made) == {f"talking_head.{kind}" for kind in ("blend", "mp4", "png", "log")}
    assert min(made["talking_head.mp4"], made["talking_head.png"]) > 1000
    assert made["talking_head.log"] > 0


def test_each_frame_is_told(short_demo: Addon, scene: bpy.types.Scene, tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    demo = short_demo("headless.demo")
    head = short_demo("demo.scene").add_head(scene.collection)
    short_demo("demo.scene")._add_camera(scene, head)
    scene.frame_end = FRAMES
    with demo._frames_shown(lambda *of: told.append((of[0], of[-1])), "Film", 2, (0.5, 1.0)):
        short_demo("demo.film").render_sheet(scene, tmp_path / "sheet.png")
    assert told == [(0.5, "Film"), (0.75, "1 of 2 frames"), (1.0, "2 of 2 frames")]


@needs_sound
def test_what_went_wrong_is_told_and_where_the_rest_is(
    short_demo: Addon, tmp_path: Path, worker: UseWorker, capfd: pytest.CaptureFixture[str]
) -> None:
    run = short_demo("headless.cli").run_module
    worker("die")
    assert run(["demo", "--output", str(tmp_path)]) == 1
    words = capfd.readouterr().err.splitlines()
    assert words[-2].endswith("talking_head.log.")
    assert words[-1].startswith("failed: ")
    (tmp_path / "file").touch()
    assert run(["demo", "--output", str(tmp_path / "file")]) == 2
    assert "choose another" in capfd.readouterr().err


@needs_sound
@pytest.mark.skipif(os.name == "nt", reason="Windows has no polite signal")
def test_a_film_can_be_stopped_and_leaves_no_half(
    short_demo: Addon, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    @bpy.app.handlers.persistent  # the demo opens a file
    def stop(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    folder = tmp_path / "stopped"
    bpy.app.handlers.render_pre.append(stop)
    try:
        code = short_demo("headless.cli").run_module(["demo", "--output", str(folder)])
    finally:
        bpy.app.handlers.render_pre.remove(stop)
    assert code == 130
    assert {path.name for path in folder.iterdir()} == {"talking_head.blend", "talking_head.log"}
    assert (folder / "talking_head.log").read_text().count("append frame") <= 1
    assert capfd.readouterr().err.splitlines()[-1].startswith("stopped")
