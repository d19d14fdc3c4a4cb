"""What happens in a real Blender window; run inside it by gui_smoke.py, without a network.

Each check prints PASS or FAIL and its name, each sentence for the artist TOLD; pictures go to OUT.
"""

import hashlib
import importlib
import os
import subprocess
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
import numpy as np

PACKAGE = "bl_ext.user_default.jambatalk"
FOLDER = Path(__file__).parent
OUT = FOLDER / "out"
COMPARED = ("objects", "meshes", "scenes", "actions", "shape_keys", "sounds", "collections")
PATIENCE_SECONDS = 90.0


def addon(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{PACKAGE}.jambatalk_addon.{name}")


def check(name: str, passed: bool) -> None:
    """Tell the outcome of one check."""
    print("PASS" if passed else "FAIL", name, flush=True)


def use_worker(mode: str) -> None:
    """Have the next bake answered by the fake worker in a mode (see fake_worker.py)."""
    root = Path(importlib.import_module(PACKAGE).__file__).parent
    os.environ["JAMBATALK_PYTHON"] = str(script_file(f'exec python3 "{FOLDER}/fake_worker.py"'))
    os.environ.update(JAMBATALK_FAKE=mode, JAMBATALK_FAKE_ROOT=str(root))
    addon("worker.session").drop_worker()


def use_shipped_model() -> None:
    """Have the next bake answered by the model that ships."""
    os.environ.pop("JAMBATALK_PYTHON", None)
    addon("worker.session").drop_worker()


def script_file(line: str) -> Path:
    """Return a program that is one line of shell."""
    path = FOLDER / "program"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def shot(name: str) -> Iterator[float]:
    """Take a picture of the screen once panels that grew have pushed the others down."""
    for _ in range(3):
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                area.tag_redraw()
        yield 0.5
    subprocess.run(["import", "-window", "root", OUT / f"{name}.png"], check=True)


def told(sentence: str) -> str:
    """Print a sentence that the artist sees."""
    print("TOLD", sentence, flush=True)
    return sentence


def view() -> Any:
    """Return a context override for the 3D view."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region, screen=window.screen)


def show_panel() -> Iterator[float]:
    """Open the sidebar at our tab, which can be chosen once the sidebar is drawn."""
    with view():
        bpy.context.space_data.show_region_ui = True
        sidebar = next(region for region in bpy.context.area.regions if region.type == "UI")
    yield 1.5
    sidebar.active_panel_category = "JambaTalk"
    yield 2.0


def dump() -> dict[tuple[str, ...], str]:
    """Return every property of every data-block a bake could touch."""
    found = {}
    for kind in COMPARED:
        for block in getattr(bpy.data, kind):
            for prop in block.bl_rna.properties:
                value = getattr(block, prop.identifier)
                if prop.type == "COLLECTION":
                    value = len(value)
                elif prop.type == "POINTER":
                    value = getattr(value, "name", None)
                elif getattr(prop, "is_array", False):
                    value = tuple(value)
                found[kind, block.name, prop.identifier] = repr(value)
            found[kind, block.name, "custom"] = repr(sorted(block.keys()))
    for mesh in bpy.data.meshes:
        points = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        found["meshes", mesh.name, "points"] = hashlib.sha256(points).hexdigest()
    return found


def bake() -> None:
    """Press Bake."""
    with view():
        bpy.ops.jambatalk.bake("INVOKE_DEFAULT")


def until_over() -> Iterator[float]:
    """Wait for the bake to end."""
    started = time.monotonic()
    while addon("bake.status").STATUS.running and time.monotonic() - started < PATIENCE_SECONDS:
        yield 0.1


def session() -> Iterator[float]:
    """Go through the checks; each value is how many seconds Blender may go on until the next."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    head, strip = addon("demo.scene").build(bpy.context.scene)
    addon("demo.scene").show(bpy.context.scene)
    yield 2.0  # drawn for the first time, which takes long without a graphics card
    yield from show_panel()
    yield from first_bake(head, strip.name)
    yield from live_speech(head)
    yield from mouth(head)
    yield from failing_in_preferences()
    yield from many_strips(head)
    head, name = bpy.data.objects["Demo Head"], "Demo Head"  # undo has made it anew
    bpy.context.scene.sequence_editor_clear()
    sound = FOLDER / "line.wav"
    write_sound(sound)
    settings = bpy.context.scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(sound)
    yield from shot("panel")
    yield from cancelling()
    yield from baking(name)
    yield from asking(name)
    yield from escaping()
    yield from scene_changes()
    yield from long_bake("Demo Head")
    yield from reopening()


def live_speech(head: bpy.types.Object) -> Iterator[float]:
    """The demo head and one of ARKit's keys speak live, and are as they were; then a take of it."""
    use_shipped_model()
    show_live_panel()
    settings = bpy.context.scene.jambatalk
    settings.source, settings.live_source = "FILE", "SOUND"
    settings.sound_file = str(addon("demo.scene").DEMO_SPEECH)
    keyed = arkit_head(head)
    for who, name in ((head, "live"), (keyed, "live_arkit")):
        bpy.context.view_layer.objects.active = who
        head.hide_set(who != head)
        keyed.hide_set(who != keyed)
        yield from speak_live(who, name)
    yield from speak_live(keyed, "", record=True)
    bpy.data.objects.remove(keyed)
    head.hide_set(False)
    bpy.context.view_layer.objects.active = head
    settings.live_record, settings.source, settings.mesh = False, "STRIP", head


def show_live_panel() -> None:
    """Have the panel of live speech open, and above the others."""
    panel = addon("live.panel").JAMBATALK_PT_live
    bpy.utils.unregister_class(panel)
    panel.bl_options, panel.bl_order = set(), -1
    bpy.utils.register_class(panel)


def arkit_head(head: bpy.types.Object) -> bpy.types.Object:
    """Add a copy of a head with shape keys under ARKit's names."""
    rig = importlib.import_module(f"{PACKAGE}.model_core.rig.rig").load_face_rig()
    copy = bpy.data.objects.new("ARKit Head", head.data.copy())
    bpy.context.collection.objects.link(copy)
    copy.matrix_world = head.matrix_world
    rest = np.empty(len(copy.data.vertices) * 3, np.float32)
    copy.data.vertices.foreach_get("co", rest)
    copy.shape_key_add(name="Basis")
    for name, offsets in zip(rig.names, rig.select(rig.names), strict=True):
        block = copy.shape_key_add(name=name, from_mix=False)
        block.value = 0.0  # 5.0 and later start at 1
        block.points.foreach_set("co", rest + offsets.astype(np.float32).ravel())
    return copy


def speak_live(who: bpy.types.Object, name: str, *, record: bool = False) -> Iterator[float]:
    """Stream the demo sentence to a head, counting what is drawn; a picture if there is a name."""
    settings, status = bpy.context.scene.jambatalk, addon("bake.status").STATUS
    settings.mesh, settings.live_record = who, record
    yield 2.0
    before, drawn = dump(), []
    view3d = bpy.types.SpaceView3D
    handle = view3d.draw_handler_add(
        lambda: drawn.append(time.monotonic()), (), "WINDOW", "POST_PIXEL"
    )
    with view():
        bpy.ops.jambatalk.live("INVOKE_DEFAULT")
    session = addon("live.session").Session.running
    started = time.monotonic()
    while session._shown < 0 and time.monotonic() - started < PATIENCE_SECONDS:
        yield 0.1
    del drawn[:]
    yield 3.0
    rate = (len(drawn) - 1) / (drawn[-1] - drawn[0]) if len(drawn) > 1 else 0.0
    told(f"live, '{who.name}': {rate:.1f} drawn a second; {session.message}")
    check(f"live speech on '{who.name}' is drawn", rate > 0)  # how often, the machine decides
    if name:
        yield from shot(name)
    while status.running and time.monotonic() - started < PATIENCE_SECONDS:
        yield 0.1
    view3d.draw_handler_remove(handle, "WINDOW")
    told(f"live speech ended: {status.outcome} {session.trouble}")
    if not record:
        yield 1.0  # Blender takes it in
        after = dump()
        told(f"differs: {[name for name in after if after[name] != before.get(name)]}")
        check(f"'{who.name}' is as it was", after == before)
        return
    takes, recorded = addon("bones.takes").takes_of(who), session.recorded
    check("what was recorded is a take", len(takes) == 1)
    kept = addon("write.raw").load(who.data.shape_keys, next(iter(takes)))
    resampled = addon("live.take").resample(recorded.motion, kept.motion.fps).weights
    same = np.abs(kept.motion.weights - resampled[: kept.motion.frames]).max() < 2e-3
    check("the take is the streamed motion", bool(same))


def mouth(head: bpy.types.Object) -> Iterator[float]:
    """A head without a mouth gets one from the panel, which follows the jaw."""
    bpy.data.objects.remove(addon("anatomy.mouth").find_mouth(head))
    key = head.shape_key_add(name="open")
    rig = importlib.import_module(f"{PACKAGE}.model_core.rig.rig").load_face_rig()
    moved = addon("demo.scene").load_demo_head().vertices + rig.select(("jawOpen",))[0]
    key.data.foreach_set("co", moved.astype(np.float32).ravel())
    key.value = 1.0
    yield 2.0
    yield from shot("no_mouth")
    with view():
        bpy.ops.jambatalk.add_mouth()
    yield 2.0
    yield from shot("mouth")
    made = addon("anatomy.mouth").find_mouth(head)
    check("the mouth follows the lips", made is not None and addon("anatomy.mouth").follows(made))
    camera = bpy.context.scene.camera
    place, turn = camera.location.copy(), camera.rotation_euler.copy()
    camera.location, camera.rotation_euler = (0.85, -0.85, -0.05), (1.57, 0.0, 0.785)
    yield 2.0
    yield from shot("mouth_three_quarter")
    camera.location, camera.rotation_euler = place, turn
    head.shape_key_clear()


def many_strips(head: bpy.types.Object) -> Iterator[float]:
    """Sounds are added from the panel; many strips are baked, cancelled and undone as one."""
    name = head.name
    add_lines(bpy.context.scene)
    yield from shot("strips")
    yield from many_cancelled()
    yield from many_baked()
    yield from takes(name)
    yield from other_workspace()
    with view():
        bpy.ops.ed.undo()
    yield 1.0
    head = bpy.data.objects[name]
    check("one undo takes all strips back", head.data.shape_keys is None)
    check("undo takes the outcome away", addon("bake.status").STATUS.outcome == "")
    yield from following()


def add_lines(scene: bpy.types.Scene) -> None:
    """Add five sounds from the panel."""
    scene.sequence_editor_clear()
    scene.frame_set(1)
    scene.frame_end = 600
    files = [f"line_{number}.wav" for number in range(1, 6)]
    for file in files:
        write_sound(FOLDER / file)
    with view():
        bpy.ops.jambatalk.add_sound(directory=str(FOLDER), files=[{"name": n} for n in files])
    check("the first sound added is chosen", scene.jambatalk.strip == "line_1")


def many_cancelled() -> Iterator[float]:
    """A bake of many strips that is cancelled leaves everything as it was."""
    use_worker("slow")
    before = dump()
    press_bake_all()
    yield 3.0
    yield from shot("strips_progress")
    message = addon("bake.status").STATUS.message
    check("the progress names the strip", message.startswith("1 of 5, line_1"))
    with view():
        bpy.ops.jambatalk.cancel()
    yield from until_over()
    yield from shot("strips_cancelled")
    check("many cancelled change nothing", dump() == before)


def many_baked() -> Iterator[float]:
    """All strips are baked, as one step to undo."""
    use_worker("")
    with view():
        bpy.ops.ed.undo_push(message="before")
    press_bake_all()
    yield from until_over()
    yield 1.0
    yield from shot("strips_baked")
    outcome = told(addon("bake.status").STATUS.outcome)
    check("all are baked", outcome.startswith("Baked 5 of 5 sounds, frames 1 to"))


def takes(name: str) -> Iterator[float]:
    """Every take is listed with its frames; one is cleared, and comes back by undo."""

    def listed() -> dict[str, tuple[int, int]]:
        made = addon("write.ownership").takes_of(bpy.data.objects[name])
        return {take.name: take.heard for take in made.values()}

    before = listed()
    check("all takes are listed", list(before) == [f"line_{number}" for number in range(1, 6)])
    check("their frames do not overlap", list(before.values()) == sorted(before.values()))
    made = addon("write.ownership").takes_of(bpy.data.objects[name])
    third = next(key for key, take in made.items() if take.name == "line_3")
    with view():
        bpy.ops.jambatalk.clear_take(take=third)
        bpy.ops.ed.undo_push(message="Clear Take")
    yield from shot("take_cleared")
    left = {each: frames for each, frames in before.items() if each != "line_3"}
    check("one take is cleared", listed() == left)
    with view():
        bpy.ops.ed.undo()
    yield 0.5
    check("undo brings the take back", listed() == before)


def long_bake(name: str) -> Iterator[float]:
    """Writing a long bake leaves the interface alive; how long it stood still is told."""
    settings, status = bpy.context.scene.jambatalk, addon("bake.status").STATUS
    sound = FOLDER / "long.wav"
    write_long_speech(sound)
    settings.mesh, settings.sound_file = bpy.data.objects[name], str(sound)
    use_shipped_model()
    bake()
    longest = 0.0
    last = time.monotonic()
    for pause in until_over():
        yield pause
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    told(f"{status.outcome} The longest pause was {longest:.1f} s.")
    check("a long bake is written", status.outcome.startswith("Baked"))
    yield from sliding(settings)
    with view():
        bpy.ops.jambatalk.clear()


def sliding(settings: Any) -> Iterator[float]:
    """Sliders on a long line pose it while they move, and settle when they rest."""
    adjusting, again = addon("panel.adjusting"), addon("bake.again")
    took: dict[str, list[float]] = {"wall": [], "processor": []}
    for part in range(20):
        clocks = time.perf_counter(), time.process_time()
        settings.jaw = 1.0 - 0.02 * part
        took["wall"].append(time.perf_counter() - clocks[0])
        took["processor"].append(time.process_time() - clocks[1])
        yield 0.05
    check("lines wait until sliders rest", bpy.app.timers.is_registered(adjusting.settle))
    yield 3.0
    check("lines settle", not bpy.app.timers.is_registered(adjusting.settle))
    clocks = time.perf_counter(), time.process_time()
    again.adjust(settings.mesh, settings.adjusted_take, addon("panel.options").read(settings))
    whole = time.perf_counter() - clocks[0], time.process_time() - clocks[1]
    told(
        "A slider's move took "
        + " and ".join(f"{1000 * np.median(each):.0f} ms {name}" for name, each in took.items())
        + f" (at most {1000 * max(took['wall']):.0f} and {1000 * max(took['processor']):.0f}); "
        f"posing the line whole {1000 * whole[0]:.0f} and {1000 * whole[1]:.0f} ms."
    )
    settings.jaw = 1.0
    yield 3.0


def write_long_speech(path: Path) -> None:
    """Write the demo sentence twelve times over."""
    import wave

    import soundfile  # Debian's 4.3 has no aud; this one came with the add-on

    speech, rate = soundfile.read(addon("demo.scene").DEMO_SPEECH, dtype="int16")
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(np.tile(speech, 12).astype("<i2").tobytes())


def other_workspace() -> Iterator[float]:
    """Another workspace, where the sequencer has another scene or none, still has the strips."""
    window = bpy.context.window_manager.windows[0]
    here = window.workspace
    window.workspace = bpy.data.workspaces["Animation"]
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = None
    yield 2.0
    yield from shot("other_workspace")
    settings = window.scene.jambatalk
    check("another workspace keeps the strip", settings.strip == "line_1")
    window.workspace = here
    yield 1.0


def following() -> Iterator[float]:
    """The panel follows the sequencer's active strip."""
    scene = bpy.context.scene
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    scene.jambatalk.follow_sequencer = True
    yield 1.5
    drawn = watch_draws()
    editor.active_strip = strips["line_3"]  # no event reaches the 3D view
    yield 2.0
    check("the panel is drawn anew by itself", len(drawn) > 0)
    yield from shot("following")
    with view():
        found = addon("bake.plan").chosen_strip(bpy.context)
    check("the active strip is followed", found[1].name == "line_3")
    scene.jambatalk.follow_sequencer = False


def watch_draws() -> list[int]:
    """Return a list that grows whenever the panel is drawn from now on."""
    drawn: list[int] = []
    addon("panel.panel").JAMBATALK_PT_sidebar.append(lambda panel, context: drawn.append(1))
    return drawn


def press_bake_all() -> None:
    """Press Bake All."""
    with view():
        bpy.ops.jambatalk.bake_all("INVOKE_DEFAULT")


def scene_changes() -> Iterator[float]:
    """A file bake adds its strip and extends the scene where that is ticked, and says so."""
    scene, status = bpy.context.scene, addon("bake.status").STATUS
    use_worker("")
    scene.frame_end = 20
    bake()
    yield from until_over()
    yield 0.5
    yield from shot("scene_end")
    check("the scene's end is told", any("ends at frame 20" in note for note in status.notes))
    settings = scene.jambatalk
    settings.add_strip = settings.extend_scene = True
    bake()
    yield from until_over()
    yield 0.5
    yield from shot("scene_changes")
    for note in status.notes:
        told(note)
    check("the scene is extended", scene.frame_end > 20)
    check("a strip is added", any("was added" in note for note in status.notes))


def reopening() -> Iterator[float]:
    """A saved scene opens as it was shown; the outcome of before is not told of it."""
    addon("demo.scene").show(bpy.context.scene)
    path = str(FOLDER / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    yield 3.0
    yield from shot("reopened")
    check("opening a file takes the outcome away", addon("bake.status").STATUS.outcome == "")
    with view():
        space = bpy.context.space_data
        check("it opens in the camera's view", space.region_3d.view_perspective == "CAMERA")
        check("it opens with the sidebar", space.show_region_ui)


def first_bake(head: bpy.types.Object, strip: str) -> Iterator[float]:
    """The model that ships runs with what the zip brought, from the first press."""
    status, settings = addon("bake.status").STATUS, bpy.context.scene.jambatalk
    settings.mesh, settings.strip_name = head, strip
    started = time.monotonic()
    bake()
    yield from until_over()
    told(f"{status.outcome} {time.monotonic() - started:.1f} s after pressing.")
    key = head.data.shape_keys
    check("the first bake works offline", key is not None and "jawOpen" in key.key_blocks)
    bpy.context.scene.frame_set(30)
    yield 1.0
    yield from shot("first_bake")
    bpy.ops.jambatalk.test_worker()
    check("the light runtime runs", "onnxruntime" in told(preferences().tested))
    bpy.ops.jambatalk.clear()


def failing_in_preferences() -> Iterator[float]:
    """Installing without a network and testing a wrong Python each end in a sentence."""
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.addon_show(module=PACKAGE)
    yield 2.0
    yield from shot("preferences_bundled")
    check("nothing is to be installed", "onnxruntime" in addon("installer.panel").bundled_engine())
    window = bpy.context.window_manager.windows[-1]
    with bpy.context.temp_override(window=window, area=window.screen.areas[0]):
        bpy.ops.jambatalk.install_runtime("INVOKE_DEFAULT")
    job = addon("installer.operators").job()
    while job.running:
        yield 0.1
    check("no network is told", "cannot be reached" in told(job.message))
    preferences().python = str(script_file('unset PYTHONPATH; exec python3 "$@"'))
    test_python("lacks the package")
    yield 1.0
    yield from shot("preferences")
    preferences().python = str(FOLDER / "python3.9")
    test_python("does not start")
    preferences().python = ""
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield 1.0


def test_python(words: str) -> None:
    """Press Test, which is to fail."""
    with suppress(RuntimeError):  # how Blender hands an error report to scripts
        bpy.ops.jambatalk.test_worker()
    check(f"a wrong Python {words}", words in told(preferences().tested))


def preferences() -> Any:
    """Return the add-on's preferences."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def write_sound(path: Path) -> None:
    """Write four seconds of silence."""
    import wave

    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 16000 * 4))


def cancelling() -> Iterator[float]:
    """The bar moves while Blender lives; the button cancels and leaves everything as it was."""
    status, before, ticks = addon("bake.status").STATUS, dump(), 0
    use_worker("slow")
    bake()
    started = time.monotonic()
    while status.fraction < 0.35 and time.monotonic() - started < PATIENCE_SECONDS:
        ticks += 1
        yield 0.1
    check("progress moves and the interface is alive", status.fraction >= 0.35 and ticks > 1)
    yield 0.5
    yield from shot("progress")
    with view():
        bpy.ops.jambatalk.cancel()
    yield from until_over()
    yield 0.5
    yield from shot("cancelled")
    check("a cancelled bake changes nothing", dump() == before)


def baking(name: str) -> Iterator[float]:
    """A bake plays, is undone and is cleared."""
    use_worker("")
    with view():
        bpy.ops.ed.undo_push(message="before")
    bake()
    yield from until_over()
    key = bpy.data.objects[name].data.shape_keys
    check("a bake makes shape keys", key is not None and "jawOpen" in key.key_blocks)
    bpy.context.scene.frame_set(10)
    yield 2.0
    yield from shot("result")
    with view():
        bpy.ops.screen.animation_play()
    start = bpy.context.scene.frame_current
    yield 4.0
    check("the result plays", bpy.context.scene.frame_current != start)
    with view():
        bpy.ops.screen.animation_cancel(restore_frame=False)
        bpy.ops.ed.undo()
    check("one undo takes the bake back", bpy.data.objects[name].data.shape_keys is None)


def asking(name: str) -> Iterator[float]:
    """A bake over curves that were edited asks first; each answer bakes and says what it did."""
    use_worker("")
    status = addon("bake.status").STATUS
    bake()
    yield from until_over()
    key = bpy.data.objects[name].data.shape_keys
    curves = addon("write.fcurves").find_holder(key).fcurves
    for point in curves.find('key_blocks["jawOpen"].value').keyframe_points:
        point.co.y += 0.2
    yield 1.0  # Blender takes the change in
    before = dump()
    bake()
    yield 1.0
    yield from shot("asking")
    after = dump()
    print("differs", [name for name in after if after[name] != before.get(name)])
    check("a bake over edited curves asks first", not status.running and after == before)
    subprocess.run(["xdotool", "key", "Escape"], check=True)
    yield 1.0
    for answer, words in (("KEEP", "are kept on top"), ("REPLACE", "are kept in the action")):
        with view():
            bpy.ops.jambatalk.bake("INVOKE_DEFAULT", edits=answer)
        yield from until_over()
        check(f"{answer.lower()}: it says what became of the edits", words in told_notes())
    with view():
        bpy.ops.jambatalk.clear()


def told_notes() -> str:
    """Tell what the panel notes beside the outcome, and return it."""
    return told(" ".join(addon("bake.status").STATUS.notes))


def escaping() -> Iterator[float]:
    """The Esc key cancels."""
    use_worker("slow")
    bake()
    yield 1.5
    subprocess.run(["xdotool", "mousemove", "600", "400"], check=True)
    yield 0.5
    subprocess.run(["xdotool", "key", "Escape"], check=True)
    yield from until_over()
    check("Esc cancels", "Cancelled" in addon("bake.status").STATUS.outcome)


def tick() -> float | None:
    """Take the next step; quit Blender after the last one or a failure."""
    try:
        return next(_steps[0])
    except StopIteration:
        print("END", flush=True)
    except Exception:
        traceback.print_exc()
    bpy.ops.wm.quit_blender()
    return None


_steps: list[Iterator[float]] = []


def run(steps: Iterator[float]) -> None:
    """Install the add-on, and go through steps like those of `session`."""
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.system.use_online_access = False
    bpy.ops.extensions.package_install_files(
        filepath=str(FOLDER / "extension.zip"), repo="user_default", enable_on_install=True
    )
    _steps.append(steps)
    bpy.app.timers.register(tick, first_interval=2.0, persistent=True)


if __name__ == "__main__":
    run(session())
