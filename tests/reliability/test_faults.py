"""What goes wrong on real machines, done to a real worker: each fault ends in a sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_core.motion.motion import Motion
from tests.jambatalk_root import addon_module

resource = pytest.importorskip("resource", reason="needs the limits of POSIX")

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = ROOT / "model_core" / "assets" / "demo_speech.flac"
PATIENCE = 120.0
Event = dict[str, Any]

client = addon_module("worker.client")
environment = addon_module("worker.python").clean_environment


@pytest.fixture
def start() -> Any:
    """Start workers that end with the test."""
    started = []

    def begin() -> Any:
        started.append(client.WorkerProcess(Path(sys.executable), ROOT, environment([])))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()


def ask(worker: Any, checkpoint: Path, output: Path, **changes: Any) -> int:
    fields: Event = {"audio": {"path": str(SENTENCE), "start": 0.0, "end": 1.0}, "fps": 30.0}
    fields |= {"device": "cpu", "checkpoint": str(checkpoint), "output": str(output), **changes}
    number: int = worker.request("predict", **fields)
    return number


def hear(worker: Any, wanted: Callable[[Event], bool]) -> Event | None:
    """Return the first event that is wanted, or None if the worker ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        event = worker.next_event(0.1)
        if event is not None and wanted(event):
            found: Event = event
            return found
        if event is None and not worker.alive:
            return None
    raise AssertionError("the worker neither answered nor ended")


def answer(event: Event) -> bool:
    return event["event"] in {"done", "error", "cancelled", "hello"}


@pytest.mark.parametrize("state", ["starting", "greeted", "loading", "predicting", "idle"])
def test_a_worker_killed_in_any_state_leaves_nothing_half_written(
    start: Any, checkpoint: Path, tmp_path: Path, state: str
) -> None:
    worker, output = start(), tmp_path / "m.npz"
    if state in {"greeted", "idle"}:
        worker.request("hello", checkpoint=str(checkpoint), device="cpu")
        assert hear(worker, answer)
    if state != "greeted":
        ask(worker, checkpoint, output)
    if state == "predicting":
        assert hear(worker, lambda event: event.get("fraction", 0.0) > 0)
    if state == "loading":
        assert hear(worker, lambda event: event["event"] == "progress")
    if state == "idle":
        assert hear(worker, answer)
    os.kill(worker.pid, signal.SIGKILL)
    hear(worker, lambda _event: False)
    assert not worker.alive
    worker.cancel(1)  # told to the dead, not raised
    left = [path.name for path in tmp_path.iterdir() if not path.name.startswith(".m-")]
    assert left in ([], ["m.npz"])
    if left:
        assert Motion.load(output).frames == 30


def test_a_disk_that_is_full_is_one_sentence(checkpoint: Path, tmp_path: Path) -> None:
    request = {"op": "predict", "id": 1, "audio": {"path": str(SENTENCE), "end": 1.0}}
    request |= {"checkpoint": str(checkpoint), "device": "cpu", "output": str(tmp_path / "m.npz")}
    done = subprocess.run(
        [sys.executable, "-m", "model_core.worker"],
        input=json.dumps(request) + "\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_let_files_grow_to_1_kb,
    )
    event = json.loads(done.stdout.splitlines()[-1])
    assert (event["event"], event["kind"]) == ("error", "user")
    assert "Cannot write" in event["message"]
    assert list(tmp_path.iterdir()) == []


def _let_files_grow_to_1_kb() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that write() fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))


@pytest.mark.parametrize("place", ["/proc/jambatalk/m.npz", "/dev/null/m.npz"])
def test_a_place_that_cannot_be_written_to(start: Any, checkpoint: Path, place: str) -> None:
    worker = start()
    ask(worker, checkpoint, Path(place))
    event = hear(worker, answer)
    assert event is not None
    assert (event["event"], event["kind"]) == ("error", "user")
    assert worker.alive


def test_two_at_once_do_not_disturb_each_other(
    start: Any, checkpoint: Path, tmp_path: Path
) -> None:
    workers = [start(), start()]
    for number, worker in enumerate(workers):
        ask(worker, checkpoint, tmp_path / f"{number}.npz")
    for worker in workers:
        event = hear(worker, answer)
        assert event is not None
        assert event["event"] == "done"
    first, second = (Motion.load(tmp_path / f"{number}.npz") for number in (0, 1))
    np.testing.assert_allclose(first.weights, second.weights, atol=1e-5)


def test_the_worker_opens_no_port(start: Any, checkpoint: Path) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("needs Linux's /proc")
    worker = start()
    worker.request("hello", checkpoint=str(checkpoint), device="cpu")
    assert hear(worker, answer)
    links = [path.readlink() for path in Path(f"/proc/{worker.pid}/fd").iterdir()]
    assert not [link for link in links if str(link).startswith("socket:")]


def test_the_source_asks_no_clock_that_jumps() -> None:
    for package in ("model_core", "jambatalk_addon"):
        for path in (ROOT / package).rglob("*.py"):
            assert "time.time()" not in path.read_text(encoding="utf-8"), path
