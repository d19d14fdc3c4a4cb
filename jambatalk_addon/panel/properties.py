"""What the artist sets, saved with the scene."""

from typing import Any

import bpy

from ...model_core.models.offered_styles import styles_of
from ...model_core.performance.options import options
from ..bake import again
from ..sound import strips
from . import adjusting, shape_list
from .options import STYLE, option_properties
from .turning import TurningProperties

EnumItem = tuple[str, str, str, str, int]

# Blender points to the texts of menus and draws them later, but does not keep them alive.
_texts: dict[str, str] = {}


def _strip_items(
    settings: "JambaTalkSettings", context: bpy.types.Context | None
) -> list[EnumItem]:
    """List the sound strips; a chosen one that is gone stays in the list, marked."""
    context = context or bpy.context
    entries = {
        identifier: strips.label(found, with_scene=len(bpy.data.scenes) > 1)
        for identifier, found in _offered(context).items()
    }
    if settings.strip_name and strips.find(context, chosen(settings)) is None:
        entries[_gone(settings)] = f"{settings.strip_name}  (gone)"
    elif not entries:
        entries[""] = "No sound strip"
    return _items(entries, "SOUND")


def _offered(context: bpy.types.Context) -> dict[str, strips.Found]:
    """Return the strips on offer by what scripts call them: their name, if need be the scene's."""
    offered: dict[str, strips.Found] = {}
    for scene, strip in strips.choices(context):
        name = strip.name if strip.name not in offered else f"{strip.name} ({scene.name})"
        offered.setdefault(name, (scene, strip))
    return offered


def _gone(settings: "JambaTalkSettings") -> str:
    """Return what scripts call a chosen strip that is gone; another may have its name."""
    offered = _offered(bpy.context)
    return (
        f"{settings.strip_name} (gone)" if settings.strip_name in offered else settings.strip_name
    )


def chosen(settings: "JambaTalkSettings") -> strips.Choice:
    """Return which strip a scene's settings name."""
    home = settings.id_data.name
    return strips.Choice(home, settings.strip_name, settings.strip_scene, settings.strip_mark)


def _forget_strip(settings: "JambaTalkSettings", _: bpy.types.Context) -> None:
    """Have a name that a script sets stand for itself, whichever strip was chosen before."""
    settings.strip_scene = settings.strip_mark = ""


def _style_items(settings: "JambaTalkSettings", _: bpy.types.Context | None) -> list[EnumItem]:
    """List the speaking styles of the chosen checkpoint."""
    checkpoint = bpy.path.abspath(settings.checkpoint) if settings.checkpoint else ""
    names = styles_of(checkpoint)
    return _items({name: name[:1].upper() + name[1:] for name in names}, "NONE")


def _styles_found(settings: "JambaTalkSettings", _context: object, text: str) -> list[str]:
    """Return the chosen checkpoint's styles that have some text in them."""
    checkpoint = bpy.path.abspath(settings.checkpoint) if settings.checkpoint else ""
    return [style for style in styles_of(checkpoint) if text.casefold() in style.casefold()]


def _items(entries: dict[str, str], icon: str) -> list[EnumItem]:
    """Return a menu of names and labels whose texts last."""
    return [
        (_lasting(name), _lasting(label), "", icon, number)
        for number, (name, label) in enumerate(entries.items())
    ]


def _lasting(text: str) -> str:
    return _texts.setdefault(text, text)


def _get_strip(settings: "JambaTalkSettings") -> int:
    found = strips.find(bpy.context, chosen(settings))
    names = (name for name, each in _offered(bpy.context).items() if each == found)
    return _number(_strip_items(settings, None), next(names, _gone(settings)))


def _set_strip(settings: "JambaTalkSettings", number: int) -> None:
    found = _offered(bpy.context).get(_strip_items(settings, None)[number][0])
    if found is not None:  # not the one that is gone
        choose_strip(settings, found)


def choose_strip(settings: "JambaTalkSettings", found: strips.Found) -> None:
    """Have a scene's settings name a strip."""
    choice = strips.choose(settings.id_data, found)
    settings.strip_name = choice.name  # which empties the others
    settings.strip_scene, settings.strip_mark = choice.scene, choice.mark


def _get_style(settings: "JambaTalkSettings") -> int:
    return _number(_style_items(settings, None), settings.style_name)


def _set_style(settings: "JambaTalkSettings", number: int) -> None:
    settings.style_name = _style_items(settings, None)[number][0]


def _number(items: list[EnumItem], name: str) -> int:
    return next((number for identifier, *_, number in items if identifier == name), 0)


_Options: Any = option_properties(dict.fromkeys(again.ADJUSTABLE, adjusting.slider_moved))


class JambaTalkSettings(_Options, TurningProperties, bpy.types.PropertyGroup):
    """The choices of one scene: the options of a bake, and what to bake onto what."""

    source: bpy.props.EnumProperty(
        name="Sound",
        items=[
            ("STRIP", "Strip", "Speech on a sound strip of the sequencer"),
            ("FILE", "File", "Speech in a sound file"),
        ],
    )
    # The names are what is saved: the menus over them are numbered anew whenever they open.
    strip_name: bpy.props.StringProperty(update=_forget_strip)
    strip_scene: bpy.props.StringProperty()
    strip_mark: bpy.props.StringProperty()
    strip: bpy.props.EnumProperty(
        name="Strip",
        description="Which sound strip to bake; only what is heard of it, where it lies",
        items=_strip_items,
        get=_get_strip,
        set=_set_strip,
    )
    follow_sequencer: bpy.props.BoolProperty(
        name="Follow the Sequencer",
        description="Bake the strip that is active in the sequencer, whichever it is",
    )
    sound_file: bpy.props.StringProperty(
        name="File", description="Which sound file to bake", subtype="FILE_PATH"
    )
    start_frame: bpy.props.IntProperty(
        name="Start Frame", description="Scene frame at which the sound starts", default=1
    )
    add_strip: bpy.props.BoolProperty(
        name="Add Strip",
        description="Also put the file on a sound strip at the start frame, to be heard",
    )
    extend_scene: bpy.props.BoolProperty(
        name="Extend Scene",
        description="Move the scene's last frame to the end of the speech where it ends earlier",
    )
    mesh: bpy.props.PointerProperty(
        name="Mesh",
        description="Head that is to speak, or armature with poses of its face; the active object "
        "if empty",
        type=bpy.types.Object,
        poll=lambda _, obj: obj.type in {"MESH", "ARMATURE"},
    )
    style: bpy.props.EnumProperty(
        name=options()[STYLE][1].label,
        description=options()[STYLE][1].text,
        items=_style_items,
        get=_get_style,
        set=_set_style,
    )
    blend_style: bpy.props.StringProperty(
        name=options()["blend_style"][1].label,
        description=options()["blend_style"][1].text,
        search=_styles_found,
        update=adjusting.slider_moved,
    )
    live: bpy.props.BoolProperty(
        name="Live",
        description="Have the controls act on lines already baked while they move",
        default=True,
    )
    adjust_all: bpy.props.BoolProperty(
        name="All Lines", description="Have the controls act on every line of the mesh"
    )
    live_source: bpy.props.EnumProperty(
        name="Heard",
        description="What moves the character live",
        items=[
            ("MICROPHONE", "Microphone", "The system's default microphone, for as long as it runs"),
            ("SOUND", "Sound", "The strip or file chosen above"),
        ],
    )
    live_lookahead: bpy.props.IntProperty(
        name="Look-Ahead",
        description="Milliseconds of sound after a frame that it waits for; with less the face is "
        "sooner and less sure; a performer's style needs 266",
        default=200,
        min=66,
        max=1000,
        soft_max=400,
    )
    live_light: bpy.props.BoolProperty(
        name="Light View",
        description="Draw 3D views without overlays and without smoothed edges as long as live "
        "speech runs, for more frames a second where there is no quick graphics card; both are as "
        "they were afterwards",
    )
    live_record: bpy.props.BoolProperty(
        name="Record",
        description="Write what is spoken from now on as a take when live speech ends",
    )
    take_blend: bpy.props.FloatProperty(
        name="Blend Takes",
        description="How much of the second take there is in the line, as a share; lips that both "
        "close stay closed",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=adjusting.blend_moved,
    )
    adjusted_take: bpy.props.StringProperty(options={"HIDDEN"})
    # One for each mesh; as an option of a bake it is text.
    shape_lists: bpy.props.CollectionProperty(
        type=shape_list.JambaTalkShapeList,
        name="Shape Lists",
        description="Which shape keys of each mesh do what, where its list was changed",
    )
    shape_map: bpy.props.StringProperty(
        name=options()["shape_map"][1].label,
        description=options()["shape_map"][1].text,
        options={"SKIP_SAVE"},
        get=shape_list.get_text,
        set=shape_list.set_text,
    )
    # The marks of the batch jobs that made this file; see headless/lineage.py.
    batch_jobs: bpy.props.StringProperty(options={"HIDDEN"})


def attach() -> None:
    """Add the settings to scenes."""
    bpy.types.Scene.jambatalk = bpy.props.PointerProperty(type=JambaTalkSettings)


def detach() -> None:
    """Undo `attach`."""
    del bpy.types.Scene.jambatalk
