"""Choose what computes the networks, from what this Python has.

torch runs every model on every device. onnxruntime is a tenth of its size and runs the graphs of a
JambaTalk with the bundled encoder, on the CPU: enough for a bake with the model that ships.
"""

import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from ..base.errors import UserError
from .put_off import load_put_off

Engine = Literal["torch", "onnxruntime"]

ENGINES = {
    "auto": "torch where it is installed",
    "torch": "every model on every device",
    "onnxruntime": "the light one, on the CPU",
}
"""Name of an engine -> when to choose it."""

DEVICES = {
    "auto": ("Automatic", "The fastest device there is"),
    "cpu": ("CPU", "The processor"),
    "cuda": ("CUDA", "An NVIDIA graphics card"),
    "mps": ("Metal", "An Apple graphics processor"),
}
"""torch's name of a device -> its label and what it is, for people."""

_LONGEST_REASON = 120  # letters


@dataclass(frozen=True)
class Runtime:
    """An engine on a device.

    Attributes:
        engine: which library computes.
        device: cpu, cuda or mps, torch's names.
        note: a sentence on why it is not the device one would expect; mostly empty.
    """

    engine: Engine = "torch"
    device: str = "cpu"
    note: str = ""

    @property
    def on_card(self) -> bool:
        """Whether a graphics card computes."""
        return self.device != "cpu"

    @property
    def uses_torch(self) -> bool:
        """Whether torch computes."""
        return self.engine == "torch"

    def describe(self) -> str:
        """Return engine, version and device, as in ``torch 2.13.0 cpu``."""
        return f"{self.engine} {import_module(self.engine).__version__} {self.device}"

    def require_torch(self, what: str) -> None:
        """Raise `UserError` if torch does not compute; `what` begins the sentence."""
        if not self.uses_torch:
            raise UserError(f"{what} needs torch, and this Python runs {self.engine} only.")


def choose_runtime(device: str = "auto", engine: str = "auto") -> Runtime:
    """Return the runtime to use.

    Args:
        device: auto is a CUDA device if torch finds one, else the CPU.
        engine: auto is torch where it is installed, else onnxruntime.

    Raises:
        UserError: a name is unknown, or what it names is not there.
    """
    if engine not in ENGINES:
        raise UserError(f"Unknown engine {engine!r}; choose one of {', '.join(ENGINES)}.")
    if device not in DEVICES:
        raise UserError(f"Unknown device {device!r}; choose one of {', '.join(DEVICES)}.")
    if engine != "onnxruntime" and installed("torch"):
        return torch_runtime(device)
    if engine != "torch" and installed("onnxruntime"):
        if device in {"cuda", "mps"}:
            raise UserError(f"The device {device} needs torch; choose cpu, or install torch.")
        return Runtime("onnxruntime", "cpu")
    raise UserError(
        f"This Python has {'no ' + engine if engine != 'auto' else 'neither torch nor onnxruntime'}"
        "; install the runtime, or choose a Python that has it."
    )


def torch_runtime(device: str) -> Runtime:
    """Return torch on a device that is there.

    Raises:
        UserError: it is unknown or not there.
    """
    import torch

    if device not in DEVICES:
        raise UserError(f"Unknown device {device!r}; choose one of {', '.join(DEVICES)}.")
    if device in {"auto", "cuda"}:
        return _cuda_or_cpu(device)
    if device == "mps" and not torch.backends.mps.is_available():
        raise UserError("There is no Apple GPU that torch can use; choose cpu.")
    return Runtime("torch", device)


def _cuda_or_cpu(device: str) -> Runtime:
    """Return torch on a CUDA device; on the CPU if there is none and it was not asked for."""
    import torch

    with warnings.catch_warnings(record=True) as said:  # such as a driver that is too old
        warnings.simplefilter("always")
        found = torch.cuda.is_available()
    if found:
        load_put_off()
        return Runtime("torch", "cuda")
    why = f" ({reason(said[0].message)})" if said else ""
    if device == "cuda":
        raise UserError(f"There is no CUDA device that torch can use{why}; choose cpu.")
    note = f"The graphics card could not be used{why}, so the CPU computed." if why else ""
    return Runtime("torch", "cpu", note)


def reason(error: Exception | str) -> str:
    """Return the first sentence of what torch says of a failure."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    first = lines[0].split(". ")[0].rstrip(".")
    return first if len(first) <= _LONGEST_REASON else first[:_LONGEST_REASON] + "..."


def installed(engine: str) -> bool:
    """Whether a library can be imported; one whose own libraries are missing cannot."""
    try:
        import_module(engine)
    except (ImportError, OSError):
        return False
    return True
