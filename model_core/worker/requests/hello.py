"""``hello``: who answers, and with what; the model stays loaded."""

from ... import __version__
from ..protocol import PROTOCOL, Answer
from ..task import Task


def hello(task: Task) -> Answer:
    """Load the model and tell of it. Raises `UserError` if it cannot be loaded."""
    predictor = task.predictor()
    told = {
        "protocol": PROTOCOL,
        "version": __version__,
        "runtime": predictor.runtime.describe(),
        "styles": list(predictor.styles),
        "notes": predictor.notes,
    }
    return Answer("hello", told)
