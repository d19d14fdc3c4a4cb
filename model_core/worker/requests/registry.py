"""The requests there are, by the name a parent process asks with.

A new one is a function from a `Task` to its `Answer`, in a module of its own, and a line here.
"""

from collections.abc import Callable, Mapping

from ..protocol import Answer
from ..task import Task
from .hello import hello
from .live import live
from .predict import predict
from .transfer import transfer

REQUESTS: Mapping[str, Callable[[Task], Answer]] = {
    "hello": hello,
    "live": live,
    "predict": predict,
    "transfer": transfer,
}
