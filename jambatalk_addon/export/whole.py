"""Whether a file that an exporter wrote is whole: some say nothing when the disk is full."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError

_FBX_END = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")
_PNG_END = bytes.fromhex("49454e44ae426082")
_HEAD = 12  # bytes
_BOX_HEAD = 16  # bytes
_CRATE_HEAD, _CRATE_SECTION = 88, 32  # bytes


def check_whole(path: Path, ending: str) -> None:
    """Raise `UserError` if a file is empty, cut off or of another kind than its ending says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, size - len(_FBX_END)), os.SEEK_SET)
        tail = file.read()
    whole = {
        ".glb": head[:4] == b"glTF" and int.from_bytes(head[8:12], "little") == size,
        ".fbx": head.startswith(b"Kaydara FBX") and tail == _FBX_END,
        ".abc": head[:5] == b"Ogawa" and head[5:6] == b"\xff",  # written last, when it is closed
        ".usdc": _is_whole_crate(path),
        ".usd": _is_whole_crate(path),
        ".usda": head.startswith(b"#usda") and tail.rstrip().endswith(b"}"),
        ".png": head.startswith(b"\x89PNG") and tail.endswith(_PNG_END),
        ".mp4": _is_whole_film(path),
        ".action.blend": size > 0 and _holds_actions(path),
    }
    if not whole.get(ending, size > 0):
        raise UserError(f"Blender left {path} unfinished; free some space or choose another place.")


def _is_whole_crate(path: Path) -> bool:
    """Return whether a binary USD file ends with the table of contents that its head names."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_CRATE_HEAD)
        if not head.startswith(b"PXR-USDC") or len(head) < _CRATE_HEAD:
            return False
        (table,) = struct.unpack_from("<q", head, 16)
        file.seek(table if 0 < table < size else size)
        count = file.read(8)
    return len(count) == 8 and table + 8 + int.from_bytes(count, "little") * _CRATE_SECTION == size


def _is_whole_film(path: Path) -> bool:
    """Return whether the boxes of an MP4 fill its file, with the table of contents among them."""
    size, at, kinds = path.stat().st_size, 0, set()
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(_BOX_HEAD)
            if len(head) < _BOX_HEAD:
                return False
            length, kind, long = struct.unpack(">I4sQ", head)
            kinds.add(kind)
            at += max(long if length == 1 else length, 8)
    return at == size and b"moov" in kinds


def _holds_actions(path: Path) -> bool:
    try:
        with bpy.data.libraries.load(str(path)) as (there, _):
            return bool(there.actions)
    except OSError:
        return False
