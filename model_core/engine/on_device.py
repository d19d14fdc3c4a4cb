"""A model on the device that was chosen, or on the CPU where a graphics card does not serve."""

from collections.abc import Callable
from typing import Generic, TypeVar

from ..base.errors import UserError
from .choice import Runtime, reason

Model = TypeVar("Model")
Result = TypeVar("Result")


class OnDevice(Generic[Model]):
    """Holds a model, and builds it anew on the CPU when its card fails.

    A card that torch sees may be full, too old for its kernels, or break down on the way.

    Args:
        build: returns the model on a runtime's device.
        runtime: the one chosen.
        device: the one asked for; only ``auto`` may become another.

    Attributes:
        runtime: the one that computes now; its note says why it is no longer the one chosen.

    Raises:
        UserError: the device asked for cannot be used.
    """

    def __init__(
        self, build: Callable[[Runtime], Model], runtime: Runtime, device: str = "auto"
    ) -> None:
        self._build, self._asked, self.runtime = build, device, runtime
        self._model: Model | None = None
        self.run(lambda _model: None)

    @property
    def model(self) -> Model:
        """The model as it is now."""
        assert self._model is not None  # built in __init__, and rebuilt before any failure is over
        return self._model

    def run(self, use: Callable[[Model], Result]) -> Result:
        """Return what `use` makes of the model, from its start on the CPU if the card fails.

        Raises:
            UserError: the device asked for fails.
        """
        try:
            return use(self._built())
        except Exception as error:
            if not (self.runtime.on_card and is_card_failure(error)):
                raise
            self._leave_card(reason(error))
        return use(self._built())

    def _built(self) -> Model:
        if self._model is None:
            self._model = self._build(self.runtime)
        return self._model

    def _leave_card(self, why: str) -> None:
        """Go on on the CPU. Raises `UserError` if the card was asked for by name."""
        self._model = None
        if self._asked != "auto":
            raise UserError(
                f"The device {self._asked} cannot be used ({why}); free its memory, or choose cpu."
            )
        note = f"The graphics card could not be used ({why}), so the CPU computed."
        self.runtime = Runtime("torch", "cpu", note)


def is_card_failure(error: Exception) -> bool:
    """Whether torch raises such an error when a device fails: it has no type of its own for it."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"RuntimeError", "AssertionError", "DeferredCudaCallError"})
