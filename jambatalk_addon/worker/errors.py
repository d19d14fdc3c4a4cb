"""How the worker can fail."""


class WorkerError(Exception):
    """The worker failed for a reason the artist did not cause; the message is one sentence."""
