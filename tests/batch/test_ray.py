"""A batch on a real cluster of Ray, of two nodes on this machine, whose parts are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.batch.conftest import ROOT, Studio
from tests.batch.ray_processes import benches

ray = pytest.importorskip("ray", reason="needs ray (the extra `ray`)")
LIMIT_SECONDS = 240
NAMES = [f"slow{n}" for n in range(10)]


@pytest.fixture
def cluster(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without cores for benches, and two nodes of a core each."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("JAMBATALK_PYTHON", str(studio.model))  # benches have their node's
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "_system_config": {"health_check_period_ms": 500}},
    )
    made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    yield made
    made.shutdown()


def start(studio: Studio, cluster: Any, *options: object) -> subprocess.Popen[str]:
    command, how = studio.command("--ray", cluster.address, "--blenders", 2, *options)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, **how, stdout=pipe, stderr=pipe, text=True)


def assert_done_once(studio: Studio, told: str) -> None:
    assert set(studio.made()) == {f"{name}.blend" for name in NAMES}, told
    # One that was written, but lost before it was told, is known again by the file: "skipped".
    done = [each["row"]["output"] for each in studio.results() if each["status"] != "failed"]
    assert sorted(done) == sorted(f"out/{name}.blend" for name in NAMES)  # none twice


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_lost_worker_and_a_lost_node_cost_nothing(studio: Studio, cluster: Any) -> None:
    studio.jobs(*NAMES)
    running = start(studio, cluster, "--retries", 3)
    running.stdout.readline()  # the first is done: benches have started
    os.kill(benches()[0], signal.SIGKILL)
    running.stdout.readline()
    cluster.remove_node(cluster.nodes[1], allow_graceful=False)
    out, err = running.communicate(timeout=LIMIT_SECONDS)
    assert running.returncode == 0, out + err
    assert "it is tried again" in err
    assert_done_once(studio, out + err)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_driver_leaves_no_bench_and_is_gone_on_from(studio: Studio, cluster: Any) -> None:
    studio.jobs(*NAMES)
    running = start(studio, cluster)
    running.stdout.readline()
    running.kill()
    running.communicate()
    end = time.monotonic() + LIMIT_SECONDS
    while benches():
        assert time.monotonic() < end, "a bench outlives its driver"
        time.sleep(0.2)
    again = start(studio, cluster)
    out, err = again.communicate(timeout=LIMIT_SECONDS)
    assert again.returncode == 0, out + err
    assert_done_once(studio, out + err)


def test_no_cluster_is_told_in_a_sentence(studio: Studio) -> None:
    studio.jobs("a")
    done = studio.run("--ray", "127.0.0.1:1")
    assert done.returncode == 2
    assert "There is no cluster of Ray at 127.0.0.1:1 (" in done.stderr
    assert "leave --memory-limit out" in studio.run("--ray", "local", "--memory-limit", 9).stderr
