"""The runtime's part of the preferences."""

import importlib.metadata
from contextlib import suppress

import bpy

from ...model_core.base.errors import UserError
from ..ui import draw_sentence
from ..worker import session
from ..worker.python import own_python
from . import operators
from .variants import this_target, variants

_items: list[tuple[str, str, str]] = []


def variant_items(
    _preferences: bpy.types.AddonPreferences | None, _context: bpy.types.Context | None
) -> list[tuple[str, str, str]]:
    """Return what can be installed on this machine, with sizes; Blender keeps no copy of them."""
    if not _items:
        try:
            offered = variants(this_target())
        except UserError as error:
            _items.append(("none", "None", str(error)))
        else:
            _items.extend((variant.name, variant.label, variant.title) for variant in offered)
    return _items


def bundled_engine() -> str:
    """Return what of the add-on's own wheels runs the model, with its version; empty if nothing."""
    if session.chosen_python() != own_python():
        return ""
    for name in ("torch", "onnxruntime"):
        with suppress(importlib.metadata.PackageNotFoundError):
            return f"{name} {importlib.metadata.version(name)}"
    return ""


def draw_runtime(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    preferences: bpy.types.AddonPreferences,
) -> None:
    """Draw what runs the model already, what can be installed, and how an installation goes."""
    box, engine = layout.box(), bundled_engine()
    job = operators.job()
    if engine:
        sentence = f"The model's runtime came with the add-on ({engine}): nothing to install."
        draw_sentence(box.column(), context, sentence, "CHECKMARK")
        header, body = box.panel("jambatalk_runtime", default_closed=job is None)
        header.label(text="Another Runtime")
        if body is None:
            return
        box = body
    column = box.column()
    column.prop(preferences, "runtime_variant")
    column.prop(preferences, "wheel_folder")
    if job is not None and job.running:
        row = column.row(align=True)
        row.progress(factor=job.fraction, text=job.message)
        row.operator("jambatalk.cancel_installation", text="", icon="CANCEL")
        return
    _draw_buttons(column, context)
    if job is not None:
        draw_sentence(column, context, job.message, "ERROR" if job.failed else "CHECKMARK")


def _draw_buttons(column: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the buttons, and why nothing can be installed."""
    row = column.row(align=True)
    row.operator("jambatalk.install_runtime", icon="IMPORT")
    row.operator("jambatalk.remove_runtime", text="", icon="TRASH")
    reason = operators.JAMBATALK_OT_install_runtime.disabled_reason(context)
    if reason is not None:
        draw_sentence(column, context, reason, "INFO")
