"""Whether a mesh can be baked to, in one sentence, and what would surprise the artist."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path

import bpy
import numpy as np

from ...model_core.face.mesh import unique_edges
from ...model_core.face.rig import load_face_rig
from ...model_core.face.shapes import FLAME_VERTICES
from ..bake import fcurves, ownership


def mesh_problem(obj: bpy.types.Object | None) -> str | None:
    """Return one sentence on why a mesh cannot be baked to, or None if it can."""
    if obj is None or obj.type != "MESH":
        return "Choose a mesh with FLAME's 5023 vertices."
    return _access_problem(obj) or flame_problem(obj) or _animation_problem(obj)


def flame_problem(obj: bpy.types.Object) -> str | None:
    """Return why a mesh is not on FLAME's topology, or None if it is."""
    mesh = obj.data
    if len(mesh.vertices) != FLAME_VERTICES:
        return (
            f"'{obj.name}' has {len(mesh.vertices)} vertices, and a FLAME head has "
            f"{FLAME_VERTICES}; choose a mesh made on FLAME's topology."
        )
    edges = np.empty(len(mesh.edges) * 2, np.int32)
    mesh.edges.foreach_get("vertices", edges)
    if not _is_flame_order(zlib.crc32(edges), edges.tobytes()):
        return (
            f"'{obj.name}' has FLAME's vertex count, but not in FLAME's order; import it again "
            "with vertex order kept."
        )
    return None


def mesh_notes(obj: bpy.types.Object) -> list[str]:
    """Return what may surprise the artist about a mesh that can be baked to."""
    mesh, notes = obj.data, []
    if mesh.users > 1:
        notes.append(f"{mesh.users} objects share this mesh: all of them will speak.")
    if obj.show_only_shape_key and mesh.shape_keys:
        notes.append("Shape Key Lock is on: only the active key shows.")
    record = ownership.read(mesh)
    own = len(mesh.shape_keys.key_blocks) - 1 if mesh.shape_keys else 0
    artists = own - (len(record.shapes) if record else 0)
    if artists > 0:
        notes.append(f"{artists} other shape keys stay as they are.")
    hidden = [m.name for m in obj.modifiers if m.type in {"DECIMATE", "REMESH", "MULTIRES"}]
    if hidden:
        notes.append(f"The modifier '{hidden[0]}' may hide or blur the motion.")
    return notes


def _access_problem(obj: bpy.types.Object) -> str | None:
    """Return why Blender does not let the mesh be changed now."""
    for data in (obj, obj.data):
        if data.library is not None:
            return (
                f"'{obj.name}' is linked from {Path(data.library.filepath).name}; make its mesh "
                "local first (Object > Relations > Make Local)."
            )
    if obj.data.override_library is not None:
        return f"'{obj.name}' is a library override; make its mesh local first."
    if obj.data.is_editmode or obj.mode == "SCULPT":
        return f"Leave {'Edit' if obj.data.is_editmode else 'Sculpt'} mode on '{obj.name}' first."
    return None


def _animation_problem(obj: bpy.types.Object) -> str | None:
    """Return why the shape keys' own animation cannot take more curves."""
    key = obj.data.shape_keys
    if key is None:
        return None
    record = ownership.read(obj.data)
    if not key.use_relative and not (record and record.absolute):
        return f"'{obj.name}' has absolute shape keys; turn Relative on in its Shape Keys panel."
    action = key.animation_data.action if key.animation_data else None
    if action is None:
        return None
    if action.library is not None:
        return f"The shape keys' action '{action.name}' is linked; make it local first."
    if fcurves.is_shared(key) and not ownership.is_marked(action):
        return f"The action '{action.name}' animates another mesh too; make it single-user first."
    return None


@lru_cache(maxsize=16)
def _is_flame_order(_checksum: int, edges: bytes) -> bool:
    """Return whether (E, 2) i32 edges are FLAME's; some may be missing where triangles merged."""
    flame = unique_edges(load_face_rig().faces)
    codes = flame[:, 0] * FLAME_VERTICES + flame[:, 1]
    pairs = np.sort(np.frombuffer(edges, np.int32).reshape(-1, 2).astype(np.int64), axis=1)
    known = np.isin(pairs[:, 0] * FLAME_VERTICES + pairs[:, 1], codes)
    return bool(known.all()) and len(pairs) > len(flame) // 2
