"""The bake under way and the outcome of the last one: of this Blender, never saved in a file."""

from dataclasses import dataclass


@dataclass
class Status:
    """What the panel and the status bar show.

    Attributes:
        running: a bake is under way.
        cancelling: it was asked to end.
        fraction: how much of it is done, 0..1.
        message: what is being done.
        outcome: a sentence on the last bake, or empty.
        failed: the last bake failed.
    """

    running: bool = False
    cancelling: bool = False
    fraction: float = 0.0
    message: str = ""
    outcome: str = ""
    failed: bool = False

    def start(self, message: str) -> None:
        """Note that a bake begins."""
        self.running, self.cancelling = True, False
        self.fraction, self.message, self.outcome = 0.0, message, ""

    def finish(self, outcome: str, *, failed: bool = False) -> None:
        """Note how a bake ended."""
        self.running, self.outcome, self.failed = False, outcome, failed


STATUS = Status()
