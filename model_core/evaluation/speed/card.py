"""What a graphics card is measured with: agreement with the CPU, speed, memory, training.

Every section is a function of the sizes and a device and gives rows, so that all of it can be tried
on a CPU with narrow sizes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...articulation.styles import STYLES
from ...base.assets import BUNDLED_ENCODER, DEFAULT_CHECKPOINT
from ...encoding.whisper.local_whisper_config import LocalWhisperConfig
from ...encoding.whisper.log_mel import MELS
from ...encoding.whisper.torch_network import load_local_whisper
from ...layers import selective_scan as scans
from ...layers.mamba import Mamba
from ...models.checkpoint import load_checkpoint
from ...models.jambatalk.config import ARRANGEMENTS, JambaTalkConfig
from ...models.jambatalk.face import JambaTalkSettings
from ...models.jambatalk.network import JambaTalk
from ...models.predictor import Predictor
from ...rig.rig import load_face_rig
from ...rig.shapes import SPEECH_SHAPES
from ...speech.audio import SAMPLE_RATE, Samples
from ...training.bundled.losses import SpeechLoss, SpeechLossWeights
from ...training.paper.losses import PaperLossWeights, reconstruction
from .rows import Row

_EARS_FPS = 50


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        scan: frames of the scans.
        inner: their channels.
        frames: of the long pass.
        paper: the decoder of the paper's preset.
        clips: in a batch, of `clip` seconds each.
        sounds: seconds of speech whose throughput is measured.
        repeats: the best of so many.
        steps: of training.
        crops: of a step of the default recipe, of `crop` frames each.
    """

    scan: int = 18_000
    inner: int = 512
    frames: int = 262_144
    paper: JambaTalkConfig = field(default_factory=JambaTalkConfig.paper_vocaset)
    clips: int = 64
    clip: float = 10.0
    sounds: tuple[float, ...] = (60.0, 600.0)
    repeats: int = 3
    steps: int = 20
    crops: int = 10
    crop: int = 480

    @classmethod
    def narrow(cls) -> "Sizes":
        """Return sizes that a CPU does in seconds."""
        paper = replace(
            JambaTalkConfig.paper_vocaset(24),
            outputs=30,
            d_model=32,
            hidden=32,
            heads=2,
            kv_heads=1,
        )
        return cls(
            scan=64, inner=16, frames=2048, paper=paper, clips=2, clip=0.5, sounds=(1.0,),
            repeats=1, steps=2, crops=2, crop=32,
        )  # fmt: skip


Section = Callable[[Sizes, str], Iterator[Row]]


def scan_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """Our scan, and mamba-ssm's where it is installed: agreement, forward, backward, a step."""
    inputs = _scan_inputs(sizes, device)
    state = inputs[2].new_zeros(1, *inputs[2].shape)

    def ours(x: Tensor) -> Tensor:
        return scans.chunked_scan(x, *inputs[1:], state)[0]

    taken = {True: _scan_seconds(ours, inputs[0], sizes, device, learning=True)}
    taken[False] = _scan_seconds(ours, inputs[0], sizes, device, learning=False)
    name = f"our scan, {sizes.scan} frames"
    yield Row(f"{name}, forward", 1e3 * taken[False], "ms")
    yield Row(f"{name}, and backward", 1e3 * taken[True], "ms")
    kernel = scans.fused_kernel() if device == "cuda" else None
    if kernel is None:
        yield Row("mamba-ssm: not installed, or no CUDA", float("nan"), "")
    else:
        yield from _fused_rows(kernel, ours, inputs, taken, sizes)
    yield from _block_rows(sizes, device)


def _fused_rows(
    kernel: Callable[..., tuple[Tensor, Tensor]],
    ours: Callable[[Tensor], Tensor],
    inputs: tuple[Tensor, ...],
    taken: Mapping[bool, float],
    sizes: Sizes,
) -> Iterator[Row]:
    """mamba-ssm's scan against ours: outputs, gradients, times."""

    def fused(x: Tensor) -> Tensor:
        return scans.fused_scan(kernel, x, *inputs[1:])[0]

    yield Row(
        "our scan against mamba-ssm's", _relative(ours(inputs[0]), fused(inputs[0])), "relative"
    )
    slopes = [_slope(scan, inputs[0]) for scan in (ours, fused)]
    yield Row("its gradient against mamba-ssm's", _relative(*slopes), "relative")
    for learning, word in ((False, "forward"), (True, "and backward")):
        theirs = _scan_seconds(fused, inputs[0], sizes, "cuda", learning=learning)
        ratio = taken[learning] / theirs
        yield Row(f"mamba-ssm's scan, {word}", 1e3 * theirs, "ms", ratio, "times as fast as ours")
    yield from _step_rows(sizes)


def _step_rows(sizes: Sizes) -> Iterator[Row]:
    """A stream's step of a block with the same weights, ours and mamba-ssm's."""
    from mamba_ssm import Mamba as FusedMamba

    width = sizes.inner // 2
    own, theirs = Mamba(width).cuda().eval(), FusedMamba(width).cuda().eval()
    theirs.load_state_dict(own.state_dict())
    frames = torch.randn(1, 8, width, device="cuda")
    with torch.inference_mode():
        state, caches = own.init_state(1), theirs.allocate_inference_cache(1, 8)
        pairs = []
        for frame in frames.split(1, dim=1):
            y, state = own.advance(frame, state)
            pairs.append((y, theirs.step(frame, *caches)[0]))
        yield Row("a step against mamba-ssm's", max(_relative(*pair) for pair in pairs), "relative")
        taken = _timed(lambda: theirs.step(frames[:, :1], *caches), "cuda", sizes.repeats)
    yield Row("mamba-ssm's block, a step of a stream", 1e3 * taken, "ms")


def _slope(scan: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of the outputs' square by the inputs."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(scan(x).square().mean(), x)[0]


def _scan_seconds(
    scan: Callable[[Tensor], Tensor], x: Tensor, sizes: Sizes, device: str, *, learning: bool
) -> float:
    work = (lambda: _slope(scan, x)) if learning else (lambda: scan(x))
    return _timed(work, device, sizes.repeats, learning=learning)


def _scan_inputs(sizes: Sizes, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """x, dt (1, T, D), a (D, N), b, c (1, T, N)."""
    torch.manual_seed(0)
    shape, state = (1, sizes.scan, sizes.inner), (1, sizes.scan, 16)
    x, dt = torch.randn(shape), F.softplus(torch.randn(shape) - 3)
    a = -torch.arange(1.0, 17.0).repeat(sizes.inner, 1)
    b, c = torch.randn(state), torch.randn(state)
    return x.to(device), dt.to(device), a.to(device), b.to(device), c.to(device)


def _block_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """A Mamba block as the product runs it: backward, and a stream's step."""
    block = Mamba(sizes.inner // 2).to(device)
    x = torch.randn(1, sizes.scan, sizes.inner // 2, device=device, requires_grad=True)

    def backward() -> None:
        block(x).square().mean().backward()

    yield Row(
        f"Mamba block forward and backward, {sizes.scan} frames",
        1e3 * _timed(backward, device, sizes.repeats, learning=True),
        "ms",
    )
    with torch.inference_mode():
        state = block.init_state(1)
        frame = x[:, :1].detach()
        taken = _timed(lambda: block.advance(frame, state), device, sizes.repeats)
    yield Row("Mamba block, a step of a stream", 1e3 * taken, "ms")


def agreement_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """The default model and the four arrangements: the device against the CPU."""
    sound = noise(sizes.sounds[0])
    here, there = (
        Predictor.load(device=where, engine="torch").predict(sound, 60.0).weights
        for where in ("cpu", device)
    )
    yield Row("default model against the CPU", float(np.abs(here - there).max()), "weight, largest")
    for name in ARRANGEMENTS:
        model = _paper(replace(sizes.paper, arrangement=name))
        features = torch.randn(1, 100, model.config.inputs)
        style = torch.zeros(1, dtype=torch.long)
        with torch.inference_mode():
            plain = model(features, style)
            moved = model.to(device)(features.to(device), style.to(device)).cpu()
        yield Row(f"{name} (paper's size) against the CPU", _relative(moved, plain), "relative")


def long_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """One pass of many frames through the default decoder with attention to all of them."""
    config = replace(_default_decoder(), window=None)
    torch.manual_seed(0)
    model = JambaTalk(config).eval()
    for parameter in model.head.parameters():
        nn.init.normal_(parameter, std=0.05)
    features, style = torch.randn(1, sizes.frames, config.inputs), torch.zeros(1, dtype=torch.long)
    with torch.inference_mode():
        plain = model(features, style)
        _reset(device)
        model, features, style = model.to(device), features.to(device), style.to(device)
        taken = _timed(lambda: model(features, style), device, 1)
        moved = model(features, style).cpu()
    name = f"{sizes.frames} frames in one pass, attention to all"
    yield Row(name, taken, "s", sizes.frames / 60 / taken, "x real time")
    yield Row(f"{name}, against the CPU", float((moved - plain).abs().max()), "weight, largest")
    yield from _memory(name, device)


def throughput_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """The product on long sounds, and its networks on a batch of clips."""
    predictor = Predictor.load(device=device, engine="torch")
    for seconds in sizes.sounds:
        sound = noise(seconds)
        _reset(device)
        taken = _timed(partial(predictor.predict, sound), device, sizes.repeats)
        yield Row(f"{seconds:g} s of sound, all told", taken, "s", seconds / taken, "x real time")
        yield from _memory(f"{seconds:g} s of sound", device)
    heard, config = _shipped().encoder.layers, _default_decoder()
    ears = load_local_whisper(BUNDLED_ENCODER, LocalWhisperConfig(heard=heard)).to(device)
    decoder = JambaTalk(config).eval().to(device)
    frames = round(sizes.clip * 2 * _EARS_FPS)
    mel = torch.randn(MELS, frames * sizes.clips, device=device)  # end to end: attention is local
    features = torch.randn(sizes.clips, round(sizes.clip * 60), config.inputs, device=device)
    style = torch.zeros(sizes.clips, dtype=torch.long, device=device)

    def batch() -> None:
        ears(mel)
        decoder(features, style)

    with torch.inference_mode():
        taken = _timed(batch, device, sizes.repeats)
    seconds = sizes.clips * sizes.clip
    name = f"networks alone, {sizes.clips} clips of {sizes.clip:g} s at once"
    yield Row(name, taken, "s", seconds / taken, "x real time")


def training_rows(sizes: Sizes, device: str) -> Iterator[Row]:
    """Steps a second of the default recipe and of the paper's decoder, features at hand."""
    config = _default_decoder()
    model, shape = JambaTalk(config).to(device), (sizes.crops, sizes.crop)
    loss = SpeechLoss(load_face_rig(), SPEECH_SHAPES, SpeechLossWeights()).to(device)
    features = torch.randn(*shape, config.inputs, device=device)
    target = 0.2 * torch.rand(*shape, len(SPEECH_SHAPES), device=device)
    style = torch.zeros(sizes.crops, dtype=torch.long, device=device)

    def articulated() -> Tensor:
        seen = model.forward_with_aux(features, style)
        return sum(loss(seen.motion, target, seen.regimes).values(), start=torch.zeros(()))

    taken = _step_seconds(model, articulated, sizes.steps, device)
    yield Row("default recipe, a batch", 1 / taken, f"steps/s of {shape[0]} x {shape[1]} frames")
    paper = _paper(sizes.paper).train().to(device)
    heard = torch.randn(1, 100, paper.config.inputs, device=device)
    recorded = 1e-3 * torch.randn(1, 100, paper.config.outputs, device=device)

    def as_published() -> Tensor:
        motion = paper(heard, style[:1])
        parts = reconstruction(motion, recorded, PaperLossWeights()).values()
        return sum(parts, start=torch.zeros(()))

    taken = _step_seconds(paper, as_published, sizes.steps, device)
    yield Row("paper's decoder, a clip of 100 frames", 1 / taken, "steps/s, features at hand")


SECTIONS: dict[str, Section] = {
    "scan": scan_rows,
    "agreement": agreement_rows,
    "throughput": throughput_rows,
    "training": training_rows,
    "long": long_rows,
}


def noise(seconds: float) -> Samples:
    """Return noise that swells four times a second as syllables do, the same each time."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    loud = 0.1 * np.sin(4 * np.pi * at) ** 2
    return (np.random.default_rng(0).normal(size=len(at)) * loud).astype(np.float32)


def _shipped() -> JambaTalkSettings:
    return JambaTalkSettings.from_config(load_checkpoint(DEFAULT_CHECKPOINT).config)


def _default_decoder() -> JambaTalkConfig:
    """Return the decoder of the default recipe, which hears what the one that ships does."""
    shipped = _shipped().decoder
    config = JambaTalkConfig.default(shipped.inputs, len(SPEECH_SHAPES), len(STYLES))
    return replace(config, lower=shipped.lower)


def _paper(config: JambaTalkConfig) -> JambaTalk:
    torch.manual_seed(0)
    model = JambaTalk(config).eval()
    assert isinstance(model.head, nn.Linear)  # untrained it would tell nothing
    nn.init.normal_(model.head.weight, std=0.02)
    return model


def _step_seconds(model: nn.Module, loss: Callable[[], Tensor], steps: int, device: str) -> float:
    """Return the seconds of a training step in bfloat16, as the recipes train."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16):
            error = loss()
        error.backward()
        optimizer.step()

    step()

    def several() -> None:
        for _ in range(steps):
            step()

    return _timed(several, device, 1, learning=True, warm=False) / steps


def _timed(
    work: Callable[[], object],
    device: str,
    repeats: int,
    *,
    learning: bool = False,
    warm: bool = True,
) -> float:
    """Return the shortest time that work takes on a device, after a first that does not count."""
    times = []
    with torch.inference_mode(not learning):
        for turn in range(repeats + warm):
            _wait(device)
            started = perf_counter()
            work()
            _wait(device)
            times += [perf_counter() - started] if turn >= warm else []
    return min(times)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _reset(device: str) -> None:
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def _memory(name: str, device: str) -> Iterator[Row]:
    if device == "cuda":
        megabytes = torch.cuda.max_memory_allocated() / 1e6
        yield Row(f"{name}: the card's memory", megabytes, "MB, at most")


def _relative(value: Tensor, reference: Tensor) -> float:
    return float((value - reference).abs().max() / reference.abs().max())
