"""What turns as a character's head, chest and eyes, as the artist chooses it."""

from __future__ import annotations

from typing import Any

import bpy

AUTO, NEVER = "AUTO", "NEVER"


class TurningProperties:
    """Properties of settings, or of one character in the table of a scene."""

    head_object: bpy.props.PointerProperty(
        name="Head",
        description="Object, empty or armature that turns as the head; its vertices are left alone",
        type=bpy.types.Object,
    )
    head_bone: bpy.props.StringProperty(
        name="Head Bone", description="Which bone of the armature is the head"
    )
    chest_object: bpy.props.PointerProperty(
        name="Chest",
        description="Object, empty or armature that lifts with each breath, by 1.5 degrees when "
        "lungs are full; its vertices are left alone",
        type=bpy.types.Object,
    )
    chest_bone: bpy.props.StringProperty(
        name="Chest Bone", description="Which bone of the armature is the chest"
    )
    look_at: bpy.props.PointerProperty(
        name="Look At",
        description="Object the eyes rest on between looks away, wherever it goes, as far as eyes "
        "turn: 30 degrees to the side, 20 up and down; straight ahead if empty",
        type=bpy.types.Object,
    )
    turned_eyes: bpy.props.EnumProperty(
        name="Eyeballs",
        description="Whether eyeballs that are bones or objects, called such as eye.L, turn",
        items=[
            (AUTO, "Auto", "They turn where no shape key and no pose of a rig turns the eyes"),
            ("ALWAYS", "Turn", "They turn, whatever else moves the eyes"),
            (NEVER, "Leave Alone", "They are left to you"),
        ],
        default=AUTO,
    )


def draw(layout: bpy.types.UILayout, owner: Any) -> None:
    """Draw the choice of what is the head, the chest and what the eyes rest on."""
    for part in ("head", "chest"):
        layout.prop(owner, f"{part}_object")
        chosen = getattr(owner, f"{part}_object")
        if chosen is not None and chosen.type == "ARMATURE":
            layout.prop_search(owner, f"{part}_bone", chosen.data, "bones")
    layout.prop(owner, "look_at")
    layout.prop(owner, "turned_eyes")
