"""How the worker can fail."""


class WorkerError(Exception):
    """The worker failed for a reason the artist did not cause; the message is one sentence.

    Attributes:
        details: the stack of the worker, if it told.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details
