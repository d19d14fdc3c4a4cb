"""The example that bakes with Blender as a module."""

import os
import subprocess
import sys
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[2]


def test_bake_in_blender(model_worker: None, tmp_path: Path) -> None:
    output = tmp_path / "speaking.blend"
    command = [
        sys.executable,
        ROOT / "examples" / "bake_in_blender.py",
        ROOT / "model_core" / "assets" / "demo_speech.flac",
        output,
    ]
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path)}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    bpy.ops.wm.open_mainfile(filepath=str(output))
    spoken = [mesh for mesh in bpy.data.meshes if mesh.shape_keys]
    assert [mesh for mesh in spoken if "jawOpen" in mesh.shape_keys.key_blocks]
    assert all(mesh.shape_keys.animation_data.action for mesh in spoken)
