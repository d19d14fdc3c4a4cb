"""Trains a tiny JambaTalk on made-up numbers; the loop's tests run it, kill it and compare.

Usage: toy_run.py FOLDER '{"steps": 20, ...}' ['{"kill_at": 7, "delay": 0.01}']
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import torch
from torch import Tensor

from model_core.models.jambatalk.network import JambaTalk, JambaTalkConfig
from model_core.training.loop import Batch, Trainer, TrainingConfig, TrainingProgress

PARTS = 4


class ToyTask:
    """Each part is one random clip; a wide batch is `PARTS` parts in one."""

    def __init__(self, wide: bool) -> None:
        self.wide = wide

    def batch(self, step: int, part: int) -> Batch:
        if self.wide:
            parts = [_clip(step, index) for index in range(PARTS)]
            return {name: torch.cat([one[name] for one in parts]) for name in parts[0]}
        return _clip(step, part)

    def loss(self, model: JambaTalk, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        style = batch["features"].new_zeros(len(batch["features"]), dtype=torch.long)
        error = (model(batch["features"], style) - batch["targets"]).square().mean()
        return error, {"error": error}

    def validate(self, model: JambaTalk) -> dict[str, float]:
        with torch.no_grad():
            return {"loss": float(self.loss(model, _clip(10**6, 0))[0])}


def _clip(step: int, part: int) -> Batch:
    generator = torch.Generator().manual_seed(1000 * step + part)
    features = torch.randn(1, 12, 3, generator=generator)
    return {"features": features, "targets": features[..., :2] + features.roll(1, 1)[..., :2]}


def main(folder: Path, settings: dict[str, object], death: dict[str, float]) -> None:
    """Train, resuming what is there; die by SIGKILL soon after the step `kill_at`."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    wide, dropout = bool(settings.pop("wide", False)), float(str(settings.pop("dropout", 0.0)))
    config = JambaTalkConfig(
        inputs=3, outputs=2, fold=1, d_model=16, hidden=16, heads=2, kv_heads=1, dropout=dropout
    )
    trainer = Trainer(JambaTalk(config), ToyTask(wide), TrainingConfig(**settings), folder)  # type: ignore[arg-type]
    trainer.resume()

    def report(progress: TrainingProgress) -> None:
        if progress.step == death.get("kill_at"):
            threading.Timer(death["delay"], os.kill, (os.getpid(), signal.SIGKILL)).start()
        if progress.step == progress.steps and death:
            time.sleep(60)  # never finish before the kill

    trainer.run(report)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads((sys.argv[3:] or ["{}"])[0]))
