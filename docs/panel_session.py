"""What the panel shows of characters, and of what directs them; run by make_panels.py."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import gui_session as gui

SKIN = 3931  # FLAME's vertices without its eyeballs, which makes it no FLAME head
VISEMES = {
    "PP": {"mouthPress": 0.6},
    "FF": {"mouthRollLower": 0.6, "jawOpen": 0.05},
    "TH": {"jawOpen": 0.15},
    "DD": {"jawOpen": 0.12},
    "kk": {"jawOpen": 0.2},
    "CH": {"mouthFunnel": 0.6, "jawOpen": 0.1},
    "SS": {"mouthStretch": 0.35, "jawOpen": 0.08},
    "nn": {"jawOpen": 0.12},
    "RR": {"mouthPucker": 0.3, "jawOpen": 0.15},
    "aa": {"jawOpen": 0.5},
    "E": {"jawOpen": 0.3, "mouthSmile": 0.2},
    "ih": {"jawOpen": 0.2, "mouthStretch": 0.3},
    "oh": {"jawOpen": 0.35, "mouthFunnel": 0.5},
    "ou": {"mouthPucker": 0.8, "jawOpen": 0.13},
}


def session() -> Iterator[float]:
    """Show each kind of character, and take its picture."""
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    directed, keeping = directing_panels(), keeping_panels()
    for panel in (*directed.values(), *keeping.values()):  # one drawn closed would stay so
        bpy.utils.unregister_class(panel)
    yield 2.0
    yield from gui.show_panel()
    settings = bpy.context.scene.jambatalk
    gui.addon("demo.scene").add_speech(bpy.context.scene)
    keys = gui.addon("panel.shape_list_panel").JAMBATALK_PT_shapes
    prepare = gui.addon("prepare.panel").JAMBATALK_PT_prepare
    for name, shown, made in (
        ("arkit", keys, arkit()),
        ("visemes", keys, visemes()),
        ("prepare", prepare, {}),
        ("refused", prepare, {"Smirk": np.zeros((SKIN, 3)), "Old": np.zeros((SKIN, 3))}),
    ):
        head = add_head(made)
        settings.mesh = head
        open_panel(shown)
        yield 2.0
        yield from gui.shot(name)
        bpy.data.objects.remove(head)
    for panel in (keys, prepare):
        bpy.utils.unregister_class(panel)
    yield from bake_a_line(settings)
    yield from shown_alone(keeping)
    yield from takes_in_the_nla()
    gui.addon("bake.status").STATUS.forget()  # the outcome, which would leave no room
    yield from shown_alone(directed)


def directing_panels() -> dict[str, Any]:
    """Return the panels that direct a line, by what their pictures are called."""
    beside = gui.addon("panel.life_panel")
    controls = gui.addon("panel.panel").JAMBATALK_PT_controls
    lively = {"life": beside.JAMBATALK_PT_life, "mood": beside.JAMBATALK_PT_mood}
    return {"controls": controls, **lively}


def keeping_panels() -> dict[str, Any]:
    """Return the panels of what is kept and written, by what their pictures are called."""
    bake = gui.addon("panel.panel")
    return {
        "takes": gui.addon("panel.takes_panel").JAMBATALK_PT_takes,
        "last_bake": gui.addon("lines.words_panel").JAMBATALK_PT_last_bake,
        "recorded": bake.JAMBATALK_PT_capture,
        "output": bake.JAMBATALK_PT_output,
    }


def bake_a_line(settings: Any) -> Iterator[float]:
    """Bake a line twice, with what directs it."""
    bpy.context.preferences.view.ui_scale = 0.85
    settings.mesh, _ = gui.addon("demo.scene").build(bpy.context.scene)
    sound = Path(__file__).parent / "line.wav"
    gui.write_sound(sound)
    settings.source, settings.sound_file, settings.life = "FILE", str(sound), 1.0
    settings.head_object, settings.mood_happy = settings.mesh, 0.5
    settings.mood_changes = "sad:0@0 sad:0.8@2.5"
    gui.use_worker("")
    gui.bake()
    yield from gui.until_over()
    with gui.view():
        bpy.ops.jambatalk.next_take("INVOKE_DEFAULT")
    yield from gui.until_over()
    lines, words = gui.addon("lines.panel"), gui.addon("lines.words_panel")
    for panel in (lines.JAMBATALK_PT_lines, words.JAMBATALK_PT_words):  # which leave no room
        bpy.utils.unregister_class(panel)


def shown_alone(panels: Mapping[str, Any]) -> Iterator[float]:
    """Take a picture of each panel without the others."""
    for name, panel in panels.items():
        panel.bl_options = set()
        bpy.utils.register_class(panel)
        yield 2.0
        yield from gui.shot(name)
        bpy.utils.unregister_class(panel)


def takes_in_the_nla() -> Iterator[float]:
    """Take a picture of the NLA with the line's takes in it, two of them mixed."""
    with gui.view():
        bpy.ops.jambatalk.takes_to_nla()
        bpy.ops.jambatalk.blend_performance(called="Take 0")
    area = max(bpy.context.window.screen.areas, key=lambda each: each.width * each.height)
    area.ui_type = "NLA_EDITOR"
    yield 1.0
    region = next(each for each in area.regions if each.type == "WINDOW")
    with bpy.context.temp_override(area=area, region=region):
        bpy.ops.anim.channels_expand(all=True)
        bpy.ops.nla.view_all()
    yield 2.0
    yield from gui.shot("nla")
    area.ui_type = "VIEW_3D"
    with gui.view():
        bpy.ops.jambatalk.takes_from_nla()
    yield 1.0


def open_panel(panel: Any) -> None:
    """Have a panel open, which no property of Blender's does."""
    bpy.utils.unregister_class(panel)
    panel.bl_options = set()
    bpy.utils.register_class(panel)


def rig() -> Any:
    """Return the product's own face."""
    return importlib.import_module(f"{gui.PACKAGE}.model_core.rig.rig").load_face_rig()


def arkit() -> Mapping[str, np.ndarray]:
    """Return our own shapes, which have ARKit's names."""
    return {name: rig().select((name,))[0][:SKIN] for name in rig().names}


def visemes() -> Mapping[str, np.ndarray]:
    """Return Oculus visemes mixed of them."""
    return {f"viseme_{name}": mixed(amounts) for name, amounts in VISEMES.items()}


def mixed(amounts: Mapping[str, float]) -> np.ndarray:
    """Return (V, 3) offsets of amounts of shapes, both sides of those that have two."""
    every = {name: (name,) if name in rig().names else (f"{name}Left", f"{name}Right")
             for name in amounts}  # fmt: skip
    moved: np.ndarray = sum(amounts[n] * rig().select(every[n]).sum(axis=0)[:SKIN] for n in amounts)
    return moved


def add_head(keys: Mapping[str, np.ndarray]) -> bpy.types.Object:
    """Add a head that stands upright, with keys."""
    points, faces = rig().neutral[:SKIN], rig().faces
    mesh = bpy.data.meshes.new("Head")
    mesh.from_pydata(points.tolist(), [], faces[(faces < SKIN).all(axis=1)].tolist())
    head = bpy.data.objects.new("Head", mesh)
    bpy.context.collection.objects.link(head)
    head.rotation_euler, head.scale = (np.pi / 2, 0.0, 0.0), (12.0, 12.0, 12.0)
    for name in ("Basis", *keys) if keys else ():
        block = head.shape_key_add(name=name, from_mix=False)
        block.value = 0.0
        flat = (points + keys.get(name, 0.0)).astype(np.float32).ravel()
        block.points.foreach_set("co", flat)
    return head


gui.run(session())
