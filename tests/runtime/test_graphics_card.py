"""A graphics card that torch sees but cannot use: the CPU computes instead, and that is said."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from model_core.base.errors import UserError
from model_core.engine.choice import Runtime, choose_runtime
from model_core.engine.on_device import OnDevice
from model_core.models.predictor import Predictor

ROOT = Path(__file__).resolve().parents[2]
SPEECH = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")
FAILURES = [
    FULL,
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    torch.cuda.DeferredCudaCallError("CUDA call failed lazily"),  # type: ignore[no-untyped-call]
    AssertionError("Torch not compiled with CUDA enabled"),
    NotImplementedError("The operator is not implemented for the MPS device"),
]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Let torch see a card on which nothing can be put."""

    def spoil(error: Exception) -> None:
        def refusing(plain: Callable[..., Any]) -> Callable[..., Any]:
            def to(this: Any, *where: Any, **more: Any) -> Any:
                if where and "cuda" in str(where[0]):
                    raise error
                return plain(this, *where, **more)

            return to

        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.nn.Module, "to", refusing(torch.nn.Module.to))
        monkeypatch.setattr(torch.Tensor, "to", refusing(torch.Tensor.to))

    return spoil


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_the_cpu_takes_over_when_a_model_cannot_be_loaded(
    card: Callable[[Exception], None], checkpoint: Path, error: Exception
) -> None:
    plain = Predictor.load(checkpoint, "cpu").predict(SPEECH)
    card(error)
    predictor = Predictor.load(checkpoint)
    assert predictor.runtime.device == "cpu"
    assert "graphics card could not be used (" in predictor.runtime.note
    np.testing.assert_allclose(predictor.predict(SPEECH).weights, plain.weights, atol=1e-6)


def test_a_device_that_was_asked_for_is_refused_in_a_sentence(
    card: Callable[[Exception], None], checkpoint: Path
) -> None:
    card(FULL)
    with pytest.raises(UserError, match=r"^The device cuda cannot be used \(CUDA out of memory\)"):
        Predictor.load(checkpoint, "cuda")


class Fragile:
    """A model whose card fails at its second use."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.uses = runtime, 0

    def use(self) -> str:
        self.uses += 1
        if self.runtime.on_card and self.uses > 1:
            raise FULL
        return self.runtime.device


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_card_that_fails_on_the_way(asked: str) -> None:
    computed = OnDevice(Fragile, Runtime("torch", "cuda"), asked)
    assert (computed.run(Fragile.use), computed.runtime.note) == ("cuda", "")
    if asked == "cuda":
        with pytest.raises(UserError, match="cuda"):
            computed.run(Fragile.use)
        return
    assert [computed.run(Fragile.use) for _ in range(3)] == ["cpu"] * 3
    assert "CUDA out of memory" in computed.runtime.note


def test_other_failures_are_no_reason_to_leave_a_card() -> None:
    def wrong(_model: Fragile) -> None:
        raise ValueError("a mistake")

    computed = OnDevice(Fragile, Runtime("torch", "cuda"))
    with pytest.raises(ValueError, match="a mistake"):
        computed.run(wrong)
    assert computed.runtime.device == "cuda"
    on_cpu = OnDevice(Fragile, Runtime("torch", "cpu"))
    with pytest.raises(torch.OutOfMemoryError):
        on_cpu.run(lambda _model: (_ for _ in ()).throw(FULL))


def test_a_driver_that_is_too_old_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> bool:
        warnings.warn("The NVIDIA driver on your system is too old. Please update.", stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", unavailable)
    runtime = choose_runtime()
    assert runtime.device == "cpu"
    assert "driver on your system is too old)" in runtime.note
    with pytest.raises(UserError, match="too old"):
        choose_runtime("cuda")


def test_no_card_at_all_is_nothing_to_speak_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_runtime() == Runtime("torch", "cpu")


WORKER = """
import sys, torch
torch.cuda.is_available = lambda: True
plain = torch.nn.Module.to
def to(self, *where, **more):
    if where and "cuda" in str(where[0]):
        raise torch.OutOfMemoryError("CUDA out of memory.")
    return plain(self, *where, **more)
torch.nn.Module.to = to
from model_core.worker.main import main
main()
"""


def test_the_worker_says_it_with_the_result(checkpoint: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", SPEECH)
    request = {
        "op": "predict",
        "id": 1,
        "audio": {"samples": str(tmp_path / "x.npy"), "rate": 16000},
    }
    request |= {"checkpoint": str(checkpoint), "output": str(tmp_path / "m.npz")}
    lines = json.dumps({"op": "hello", "checkpoint": str(checkpoint)}), json.dumps(request)
    command = [sys.executable, "-c", WORKER]
    done = subprocess.run(
        command, input="\n".join(lines), cwd=ROOT, capture_output=True, text=True, check=True
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [event for event in events if event["event"] in {"hello", "done"}]
    assert len(answers) == 2
    for event in answers:
        assert any("graphics card" in note for note in event["notes"])
