"""The add-on's preferences: what runs the model on this machine."""

import bpy

from ...model_core.engine.choice import DEVICES
from ..installer.panel import draw_runtime, variant_items
from ..ui import draw_sentence
from ..worker import session
from .access import root_package


class JambaTalkPreferences(bpy.types.AddonPreferences):
    """Python and device of the worker."""

    bl_idname = root_package()

    python: bpy.props.StringProperty(
        name="Python",
        description="Python with torch or onnxruntime to run the model; found by itself if empty",
        subtype="FILE_PATH",
    )
    device: bpy.props.EnumProperty(
        name="Device",
        description="What the model runs on",
        items=[(name, *shown) for name, shown in DEVICES.items()],
    )
    runtime_variant: bpy.props.EnumProperty(
        name="Runtime",
        description="What to install for the model, and how much of it is downloaded",
        items=variant_items,
    )
    wheel_folder: bpy.props.StringProperty(
        name="Wheels",
        description="Folder of wheels to install from instead of the network",
        subtype="DIR_PATH",
    )
    tested: bpy.props.StringProperty(options={"SKIP_SAVE"})
    test_failed: bpy.props.BoolProperty(options={"SKIP_SAVE"})
    # How edges were smoothed before a light view, as long as there is one; see live.light_view.
    edges: bpy.props.StringProperty(options={"HIDDEN"})

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, what is used, and a button that tries it."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        layout.prop(self, "python", placeholder=str(session.chosen_python()))
        layout.prop(self, "device")
        layout.operator("jambatalk.test_worker", icon="PLAY")
        if self.tested:
            draw_sentence(layout, context, self.tested, "ERROR" if self.test_failed else "INFO")
        draw_runtime(layout, context, self)
