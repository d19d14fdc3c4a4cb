"""A process that only predicts imports torch in less time, and lacks nothing of it."""

import subprocess
import sys

PUT_OFF = """
import gc, sys
from model_core.base.memory import uncollected
from model_core.engine.put_off import import_torch
from model_core.models.predictor import Predictor

with uncollected():
    assert not gc.isenabled()
    import_torch()
    Predictor.load(device="cpu")
assert gc.isenabled()
parts = {"torch._decomp", "torch._native.ops"}
assert not parts & set(sys.modules), "loading the model needs none"

import torch
model, x = torch.nn.Linear(2, 3), torch.ones(1, 2)
exported = torch.export.export(model, (x,)).module()
assert torch.equal(exported(x), model(x))
assert parts < set(sys.modules)
assert torch.fft.rfft(torch.ones(8, device="meta")).shape == (5,)
"""


def test_parts_of_torch_come_when_they_are_needed() -> None:
    command = [sys.executable, "-c", PUT_OFF]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
