"""Draws four takes of the demo sentence side by side, with life and a mood.

``.venv/bin/python docs/make_takes.py`` draws the manual's picture, and with the name of a film
(``takes.mp4``) that film too, with its sound: it needs ffmpeg. Needs the ``train`` extra (Pillow).
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model_core.base.assets import DEMO_SPEECH
from model_core.demo.head import load_demo_head
from model_core.demo.render import Framing, render
from model_core.models.predictor import Predictor
from model_core.motion.motion import Motion
from model_core.performance.expression import express
from model_core.performance.options import BakeOptions
from model_core.performance.silence import with_loudness
from model_core.rig.turns import rotation
from model_core.speech.audio import load_audio

PAGE = Path(__file__).resolve().parent / "images" / "takes.png"
TAKES = (0, 1, 2, 3)
FPS = 15.0
MOMENTS = (0.36, 0.58, 1.23, 1.66, 2.09, 2.86, 3.36, 4.2)  # s; three of them are an m
_FACE = Framing(centre=(0.0, -0.022, 0.01), half_height=0.112)
_NECK = np.array([0.0, -0.12, -0.02])  # m, what the head turns about
_SIZE, _LABEL = 150, 14  # pixels


def takes() -> list[Motion]:
    """Return the takes of the demo sentence, alive and a little happy."""
    samples, model = load_audio(DEMO_SPEECH), Predictor.load()
    made = []
    for take in TAKES:
        options = BakeOptions(take=take, life=1.0, mood_happy=0.35)
        motion = with_loudness(model.predict(samples, FPS, take=take), samples)
        made.append(express(motion, samples, options))
    return made


def draw(motion: Motion, frame: int) -> NDArray[np.uint8]:
    """Draw the demo head at a frame of a motion, turned as it turns."""
    offsets = np.tensordot(motion.weights[frame], motion.basis, axes=1)
    vertices, faces, colours = load_demo_head().scene(offsets)
    if motion.head is not None:
        vertices = (vertices - _NECK) @ rotation(*motion.head[frame].tolist()).T + _NECK
    return render(vertices, faces, colours, "three_quarter", _SIZE, _FACE)


def sheet(motions: list[Motion], seconds: tuple[float, ...]) -> Image.Image:
    """Draw a row a take, a column a moment."""
    whole = Image.new("RGB", (_SIZE * len(seconds), (_SIZE + _LABEL) * len(motions)), "white")
    writing = ImageDraw.Draw(whole)
    for row, motion in enumerate(motions):
        for column, second in enumerate(seconds):
            at = (_SIZE * column, (_SIZE + _LABEL) * row)
            picture = draw(motion, min(round(second * FPS), motion.frames - 1))
            whole.paste(Image.fromarray(picture), (at[0], at[1] + _LABEL))
            writing.text((at[0] + 4, at[1] + 1), f"take {TAKES[row]}  {second:.2f} s", "black")
    return whole


def film(motions: list[Motion], path: str) -> None:
    """Write the takes side by side, with their sound."""
    size = f"{_SIZE * len(motions)}x{_SIZE}"
    pictures = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{FPS:g}", "-i", "-"]
    command = ["ffmpeg", "-y", "-loglevel", "error", *pictures, "-i", str(DEMO_SPEECH)]
    with subprocess.Popen(
        [*command, "-pix_fmt", "yuv420p", "-shortest", path], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None  # a pipe
        for frame in range(motions[0].frames):
            drawn = np.concatenate([draw(motion, frame) for motion in motions], axis=1)
            process.stdin.write(drawn.tobytes())


def main() -> None:
    """Draw the picture, and the film if it is named."""
    motions = takes()
    sheet(motions, MOMENTS).quantize(48, dither=Image.Dither.NONE).save(PAGE, optimize=True)
    for path in sys.argv[1:2]:
        film(motions, path)


if __name__ == "__main__":
    main()
