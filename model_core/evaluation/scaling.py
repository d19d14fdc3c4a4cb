"""What a clip costs as it gets longer: a Transformer, Mamba and the hybrid at equal width.

Each figure is of one forward pass of an untrained decoder in a process of its own, so that peak
memory is that clip's alone; on one thread, whose own time is counted, so that other work on the
machine matters little. Attention sees the whole clip, but in the row that bounds it.
"""

import gc
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..base.files import atomic_path
from ..base.memory import peak_megabytes

FPS = 30.0  # VOCASET's


class Stack(NamedTuple):
    """A stack of layers: its arrangement, and on how many tokens each side attention sees."""

    arrangement: str
    window: int | None = None


STACKS = {
    "Transformer": Stack("all-T"),
    "Mamba": Stack("all-M"),
    "MoE-Mamba": Stack("all-E"),
    "hybrid (MoE-MoE)": Stack("MoE-MoE"),
    "hybrid, window of 2 s": Stack("MoE-MoE", 60),
}
"""By the name of their rows."""


@dataclass(frozen=True)
class Cost:
    """One clip through one stack.

    Attributes:
        stack: its name, of `STACKS`.
        parameters: of the whole decoder.
        frames: of the clip.
        seconds: of one core.
        megabytes: peak of resident memory over what was resident before.
    """

    stack: str
    parameters: int
    frames: int
    seconds: float
    megabytes: float

    @property
    def frames_per_second(self) -> float:
        """Frames made in a second of one core."""
        return self.frames / self.seconds


def measure(stacks: Sequence[str], lengths: Sequence[int], width: int, heads: int) -> list[Cost]:
    """Return the cost of clips of so many frames through each stack, with matrices so wide."""
    context = multiprocessing.get_context("spawn")
    jobs = [(stack, frames, width, heads) for stack in stacks for frames in lengths]
    with context.Pool(1, maxtasksperchild=1) as pool:
        return [pool.apply(_cost, job) for job in jobs]


def _cost(stack: str, frames: int, width: int, heads: int) -> Cost:
    """Run a clip after a short one, for what is set up once."""
    import torch

    from ..models.jambatalk.network import JambaTalk, JambaTalkConfig

    arrangement, window = STACKS[stack]
    config = JambaTalkConfig(
        inputs=width,
        outputs=64,
        head="vertices",
        fps=FPS,
        fold=1,
        arrangement=arrangement,
        d_model=width,
        hidden=2 * width,
        heads=heads,
        kv_heads=max(1, heads // 4),
        window=window,
    )
    torch.set_num_threads(1)
    model = JambaTalk(config).eval()
    features, style = torch.randn(1, frames, width), torch.zeros(1, dtype=torch.long)
    with torch.inference_mode():
        model(features[:, :64], style)
        gc.collect()
        before, started = peak_megabytes(), time.process_time()
        model(features, style)
        seconds, peak = time.process_time() - started, peak_megabytes()
    parameters = sum(each.numel() for each in model.parameters())
    return Cost(stack, parameters, frames, seconds, peak - before)


def to_markdown(costs: Sequence[Cost]) -> str:
    """Return a row for each stack: frames a second and peak memory for each length."""
    lengths = sorted({cost.frames for cost in costs})
    heads = [f"{frames} frames ({frames / FPS:.0f} s)" for frames in lengths]
    lines = [
        f"| frames a second of one core, MB at the peak | parameters | {' | '.join(heads)} |",
        f"|---|---:|{'---:|' * len(lengths)}",
    ]
    for stack in dict.fromkeys(cost.stack for cost in costs):
        own = {cost.frames: cost for cost in costs if cost.stack == stack}
        cells = [
            f"{c.frames_per_second:.0f}, {c.megabytes:.0f}" for c in map(own.get, lengths) if c
        ]
        millions = f"{next(iter(own.values())).parameters / 1e6:.1f} M"
        lines.append(f"| {stack} | {millions} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(costs: Sequence[Cost], path: Path) -> None:
    """Draw both against the length, on logarithmic axes.

    Raises:
        UserError: the picture cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    speed, memory = figure.subplots(1, 2)
    for stack in dict.fromkeys(cost.stack for cost in costs):
        own = sorted((c for c in costs if c.stack == stack), key=lambda cost: cost.frames)
        frames = [cost.frames for cost in own]
        speed.loglog(frames, [c.frames_per_second for c in own], marker="o", label=stack)
        memory.loglog(frames, [max(1.0, c.megabytes) for c in own], marker="o")
    speed.set(title="frames a second of one core", xlabel="frames of the clip")
    memory.set(title="peak memory, MB", xlabel="frames of the clip")
    speed.legend(fontsize=7)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=90)
