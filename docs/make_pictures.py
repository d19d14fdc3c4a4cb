"""Draws the README's pictures of the demo sentence: ``.venv/bin/python docs/make_pictures.py``.

Needs the ``train`` extra (Matplotlib with Pillow).
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model_core.base.assets import DEFAULT_CHECKPOINT
from model_core.demo.head import load_demo_head
from model_core.demo.render import Framing, render
from model_core.models.predictor import Predictor
from model_core.motion.motion import Motion
from model_core.rig.lip_geometry import lip_curves
from model_core.speech.audio import SAMPLE_RATE, load_audio

mpl.use("Agg")
import matplotlib.pyplot as plt

IMAGES = Path(__file__).resolve().parent / "images"
FACE = Framing(centre=(0.0, -0.022, 0.055), half_height=0.105)
# Start of each word of the demo sentence in seconds, found by PocketSphinx's aligner.
WORDS = (
    ("had", 0.22), ("he", 0.44), ("married", 0.54), ("a", 0.98), ("more", 1.03), ("amiable", 1.41),
    ("woman", 2.01), ("he", 2.49), ("might", 2.71), ("have", 3.00), ("been", 3.19), ("made", 3.36),
    ("still", 3.69), ("more", 4.07), ("respectable", 4.25), ("than", 5.00), ("he", 5.13),
    ("was", 5.21),
)  # fmt: skip
MOMENTS = (  # second, and what is being said there
    (0.10, "…"), (0.36, "hAd"), (0.58, "Married"), (0.86, "marrIEd"), (1.23, "mOre"),
    (1.66, "aMiable"), (1.86, "amiaBle"), (2.09, "Woman"), (2.86, "mIght"), (3.15, "haVe"),
    (3.38, "Made"), (5.45, "wAs"),
)  # fmt: skip


def main() -> None:
    """Predict the demo sentence and draw it."""
    samples = load_audio(DEFAULT_CHECKPOINT.parent / "demo_speech.flac")
    motion = Predictor.load().predict(samples, fps=30.0)
    draw_sentence(samples, motion, IMAGES / "sentence.png")
    animate(motion, IMAGES / "talking_head.gif")


def draw_face(motion: Motion, frame: int, size: int, view: str) -> NDArray[np.uint8]:
    """Render the demo head at a frame of a motion."""
    offsets = np.tensordot(motion.weights[frame], motion.basis, axes=1)
    vertices, faces, colours = load_demo_head().scene(offsets)
    return render(vertices, faces, colours, view, size, FACE)


def draw_sentence(samples: NDArray[np.float32], motion: Motion, path: Path) -> None:
    """Draw faces with the word they say, then the sound, then the lips."""
    figure = plt.figure(figsize=(12, 7.4), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.15, 1.0))
    for axes, (second, said) in zip(top.subplots(2, len(MOMENTS) // 2).flat, MOMENTS, strict=True):
        axes.imshow(draw_face(motion, round(second * motion.fps), 300, "three_quarter"))
        axes.set_title(f"{said}  {second:.2f} s", fontsize=9, y=-0.14)
        axes.axis("off")
    sound, lips = bottom.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    time = np.arange(len(samples)) / SAMPLE_RATE
    sound.plot(time, samples, color="0.45", linewidth=0.3)
    sound.set_yticks([])
    for word, start in WORDS:
        sound.text(start, 1.05, word, fontsize=8, transform=sound.get_xaxis_transform())
        lips.axvline(start, color="0.9", linewidth=0.8)
    _draw_lips(lips, motion)
    lips.set_xlim(0, time[-1])
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_lips(axes: plt.Axes, motion: Motion) -> None:
    curves, time = lip_curves(motion.weights, motion.basis), np.arange(motion.frames) / motion.fps
    axes.plot(time, curves.opening, label="opening")
    axes.plot(time, curves.width, label="width")
    axes.plot(time, curves.protrusion, label="protrusion")
    axes.axhline(0.8, color="tab:red", linewidth=0.6, linestyle=":", label="closed below")
    axes.set_ylabel("mm against rest")
    axes.set_xlabel("seconds")
    axes.legend(loc="upper right", ncols=4, fontsize=8, frameon=False)


def animate(motion: Motion, path: Path, every: int = 2, size: int = 256) -> None:
    """Write an animated GIF of every second frame."""
    frames = [
        Image.fromarray(draw_face(motion, frame, size, "three_quarter")).quantize(64)
        for frame in range(0, motion.frames, every)
    ]
    spell = round(1000 * every / motion.fps)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=spell, loop=0)


if __name__ == "__main__":
    main()
