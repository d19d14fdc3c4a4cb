"""What the parts of the product cost, and how near they come to what the cores can do."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from ...base.assets import DEFAULT_CHECKPOINT
from ...encoding.features import speech_features
from ...encoding.whisper.encoder import WhisperEncoder
from ...engine.choice import Runtime
from ...engine.one_thread import one_thread
from ...live.model import LiveModel
from ...live.sources import chunks_of
from ...live.stream import FrameStream
from ...models.checkpoint import load_checkpoint
from ...models.jambatalk.face import JambaTalkFace
from ...models.registry import load_model
from ...motion.reduction import MOST_A_SECOND, Reduction
from .lengths import tiled
from .rows import Row, best_seconds

_GIGA = 1e9
_CHUNK = 0.02  # s
_SIDE = 2048  # of the matrices of a plain product


def matrix_gflops(repeats: int) -> float:
    """Return the GFLOP a second of a plain matrix product on the threads torch uses."""
    a, b = torch.randn(_SIDE, _SIDE), torch.randn(_SIDE, _SIDE)
    return 2 * _SIDE**3 / best_seconds(lambda: a @ b, repeats) / _GIGA


def part_rows(seconds: float, repeats: int) -> list[Row]:
    """Return rows of encoder, decoder and curves for so many seconds of speech."""
    model = load_model(load_checkpoint(DEFAULT_CHECKPOINT), Runtime())
    assert isinstance(model, JambaTalkFace)
    with one_thread():  # operations are counted in the thread that counts
        layers = model.settings.encoder.layers
        counted = WhisperEncoder(runtime=Runtime(), layers=layers)
    samples, fps = tiled(seconds), model.settings.decoder.fps
    features = speech_features(samples, model.encoder, fps)
    style = np.eye(len(model.styles), dtype=np.float32)[0]
    plain = matrix_gflops(repeats)
    decode = partial(model.decoder, features, style)
    parts: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "encoder": (lambda: [*model.encoder.blocks(samples)], lambda: [*counted.blocks(samples)]),
        "decoder": (decode, decode),
    }
    rows = [Row("plain matrix product", plain, "GFLOP/s")]
    for name, (work, alike) in parts.items():
        taken, operations = best_seconds(work, repeats), _operations(alike)
        rows.append(Row(f"{name}, {seconds:g} s", taken, "s", seconds / taken, "x real time"))
        reached = operations / taken / _GIGA
        rows.append(Row(f"{name}: rate", reached, "GFLOP/s", reached / plain, "of the product"))
    motion = model.motion(model.decoder(features, style))
    how = Reduction(most_a_second=MOST_A_SECOND)
    taken = best_seconds(lambda: how.curves(motion), 1)
    return [*rows, Row(f"curves, {seconds:g} s", taken, "s", seconds / taken, "x real time")]


def _operations(work: Callable[[], object]) -> float:
    """Return the floating-point operations of the matrix products and convolutions of work."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def stream_rows(seconds: float) -> list[Row]:
    """Return rows of live speech, a frame at a time on one thread."""
    with one_thread():
        model = LiveModel.load(device="cpu")
        for heard in (min(seconds, 0.5), seconds):  # the first pays for lazy initialisation
            stream = FrameStream(model, None, 0.2, None)
            for _ in stream.frames(chunks_of(tiled(heard), _CHUNK)):
                pass
    budget = 1000.0 / stream.fps
    return [
        Row(
            f"stream, a frame ({name}), one thread of {model.runtime.engine}",
            stream.timings.milliseconds(percentile),
            "ms",
            budget / max(stream.timings.milliseconds(percentile), 1e-9),
            "times as fast as frames come",
        )
        for name, percentile in (("median", 50), ("p99", 99))
    ]
