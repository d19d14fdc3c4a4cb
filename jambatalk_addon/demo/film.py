"""Renders the demo: a film with sound and a sheet of its frames."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

SHEET_COLUMNS, SHEET_ROWS = 6, 2


def render_film(scene: bpy.types.Scene, path: Path) -> None:
    """Render a scene's frames and sound to an H.264 film, in Workbench so that any machine can."""
    use_workbench(scene)
    film_settings(scene)
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)


def film_settings(scene: bpy.types.Scene) -> None:
    """Have a scene rendered to a film in H.264 with its sound."""
    image = scene.render.image_settings
    if hasattr(image, "media_type"):  # 5.0 lists film formats only after this
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    film = scene.render.ffmpeg
    film.format, film.codec, film.audio_codec = "MPEG4", "H264", "AAC"
    film.constant_rate_factor = "HIGH"


def picture_settings(scene: bpy.types.Scene) -> None:
    """Have a scene rendered to a PNG."""
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "PNG"


def render_sheet(scene: bpy.types.Scene, path: Path) -> None:
    """Render evenly spread frames into one PNG, in reading order."""
    use_workbench(scene)
    picture_settings(scene)
    count = SHEET_COLUMNS * SHEET_ROWS
    at = np.linspace(scene.frame_start, scene.frame_end, count + 2)[1:-1].round().astype(int)
    tiles = [_render_frame(scene, int(frame), path) for frame in at]
    rows = [np.hstack(tiles[i : i + SHEET_COLUMNS]) for i in range(0, count, SHEET_COLUMNS)]
    write_image(np.vstack(rows[::-1]), path)  # Blender's images start at the bottom


def use_workbench(scene: bpy.types.Scene) -> None:
    """Have a scene rendered in Workbench, which needs neither lights nor a graphics card."""
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.resolution_percentage = 100
    scene.display.render_aa = "8"
    shading = scene.display.shading
    shading.light, shading.color_type = "STUDIO", "MATERIAL"
    shading.show_cavity, shading.show_specular_highlight = True, True
    if scene.world is None:
        scene.world = bpy.data.worlds.new("Demo World")
    scene.world.color = (0.30, 0.33, 0.36)
    scene.view_settings.view_transform = "Standard"


def _render_frame(scene: bpy.types.Scene, frame: int, beside: Path) -> NDArray[np.float32]:
    """Render one frame; return its pixels (H, W, 4), bottom row first."""
    scene.frame_set(frame)
    scene.render.filepath = str(beside.with_name(f".{beside.stem}-tile.png"))
    bpy.ops.render.render(write_still=True, scene=scene.name)
    pixels = read_image(Path(scene.render.filepath))
    Path(scene.render.filepath).unlink()
    return pixels


def read_image(path: Path) -> NDArray[np.float32]:
    """Return the pixels of a picture (H, W, 4), bottom row first."""
    image = bpy.data.images.load(str(path), check_existing=False)
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    shown = pixels.reshape(image.size[1], image.size[0], 4)
    bpy.data.images.remove(image)
    return shown


def write_image(pixels: NDArray[np.float32], path: Path) -> None:
    """Write pixels (H, W, 4), bottom row first, as a PNG."""
    height, width, _ = pixels.shape
    image = bpy.data.images.new(path.stem, width, height)
    image.pixels.foreach_set(np.ascontiguousarray(pixels, np.float32).ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
