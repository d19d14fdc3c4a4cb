"""A batch on a cluster of Ray: benches on its machines, driven by the engine here.

Ray places the benches and tells when one is lost, with its worker, its machine or its Blender. What
a job was at then is tried on another, as with a Blender of this machine.
"""

import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import UserError
from ..base.line_process import Message
from .bench import Bench, BenchError
from .stations import Apart, Hear
from .work import READY, Work, look_message

LOCAL = "local"
_REACH_SECONDS = 10.0


@dataclass(frozen=True)
class Cluster:
    """Where, and of what size a bench is.

    Attributes:
        address: of the cluster as Ray has it, or ``local`` for one of this machine alone.
        cpus: cores of a bench.
        gpus: graphics cards of a bench, or a share of one.
    """

    address: str
    cpus: float = 1.0
    gpus: float = 0.0


@contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Yield Ray, connected to a cluster in the block.

    Raises:
        UserError: Ray is not installed, or there is no such cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise UserError("Ray is not installed: pip install 'jambatalk[ray]'.") from error
    address = None if cluster.address == LOCAL else cluster.address
    try:
        _reach(cluster.address)
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (OSError, RuntimeError, ValueError) as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"There is no cluster of Ray at {cluster.address} ({told}).") from error
    try:
        with redirect_stdout(sys.stderr):  # Ray tells there of workers that died
            yield ray
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """Raise `OSError` if nobody answers at HOST:PORT, which Ray itself tries for minutes."""
    found = re.fullmatch(r"([\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})", address)
    if found:
        socket.create_connection((found[1].strip("[]"), int(found[2])), _REACH_SECONDS).close()


class RayStation(Apart):
    """A bench somewhere in a cluster, another when it is lost.

    Args:
        ray: Ray, connected.
        cluster: what a bench needs.
        bench: the arguments of each `Bench`.
        hear: called from a thread with what it says, None at its end.
    """

    def __init__(
        self, ray: Any, cluster: Cluster, bench: tuple[Sequence[str], int, str], hear: Hear
    ) -> None:
        self._ray, self._hear, self._end = ray, hear, ""
        self._made = ray.remote(Bench).options(
            num_cpus=cluster.cpus, num_gpus=cluster.gpus, max_restarts=0, max_task_retries=0
        )
        self._arguments = bench
        self._actor: Any = None

    @property
    def takes_work(self) -> bool:
        """Whether a bench has started; asks for one if there is none."""
        if self._actor is None:
            self._actor = self._made.remote(*self._arguments)
            self._await(self._actor.start.remote(), _as_ready)
        return self._is_ready

    def look(self, path: Path, mesh: str) -> None:
        """Ask for the marks in a saved scene."""
        self._await(self._actor.ask.remote(look_message(path, mesh)), dict)

    def bake(self, work: Work) -> None:
        """Ask for a bake."""
        self._await(self._actor.ask.remote(work.message()), dict)

    @property
    def how_it_ended(self) -> str:
        """How its Blender, its worker or its machine was lost."""
        return self._end or "it was not started"

    def end(self) -> None:
        """End what it does now; the next work is for another bench."""
        actor, self._actor, self._is_ready = self._actor, None, False
        if actor is not None:
            self._ray.kill(actor)

    def close(self, seconds: float = 0.0) -> None:
        """End it, giving it some seconds."""
        if self._actor is not None and self._is_ready and seconds:
            self._ray.wait([self._actor.close.remote()], timeout=seconds)
        self.end()

    def _await(self, wanted: Any, told: Callable[[Any], Message]) -> None:
        """Have a thread wait for an answer, and hear it."""
        threading.Thread(target=self._wait, args=[self._actor, wanted, told], daemon=True).start()

    def _wait(self, actor: Any, wanted: Any, told: Callable[[Any], Message]) -> None:
        def same() -> bool:
            return self._actor is actor

        try:
            answer = told(self._ray.get(wanted))
        except (BenchError, OSError, self._ray.exceptions.RayError) as error:
            if told is _as_ready and isinstance(error, self._ray.exceptions.RayActorError):
                if same():  # its machine is gone: there may be another
                    self._actor = None
                return
            self._end = _reason(error)
            self._hear(self, same, None)
        else:
            self._hear(self, same, answer)


def _as_ready(version: str) -> Message:
    return {"event": READY, "blender": version}


def _reason(error: Exception) -> str:
    """Return the line that tells why a bench was lost."""
    cause = getattr(error, "cause", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    told = lines[0] if lines else "it said no more"
    return told if isinstance(cause, BenchError) else f"{type(cause).__name__}: {told}"
