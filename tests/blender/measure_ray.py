"""Print what a cluster survives: `python tests/blender/measure_ray.py FOLDER SOUNDS...`.

Run with a Python that has Ray and the model's packages, from the repository, on Linux. A head and
two nodes are started on this machine, each node with a core for a real Blender and its model. A
worker is killed in the middle of a job, then a node, then the driver; the same command goes on.
Every job must be done once, and all be equal to those of an undisturbed batch without Ray.
"""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import batch_stage as stage

from tests.batch.ray_processes import benches


@contextmanager
def cluster() -> Iterator[Any]:
    """Yield a head without cores for benches, with two nodes of a core each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    yield made
    made.shutdown()


def disturbed(command: list[str], made: Any) -> None:
    """Run a batch, killing a worker, a node and the driver, each after another job is done."""

    def kill_worker() -> None:
        os.kill(benches()[0], signal.SIGKILL)

    def kill_node() -> None:
        made.remove_node(made.nodes[1], allow_graceful=False)

    with subprocess.Popen(command, cwd=stage.ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for kill in (kill_worker, kill_node, running.kill):
            line = next(line for line in running.stdout if line.startswith("["))
            print(line.strip()[:60], f"... then {kill.__name__}", flush=True)
            time.sleep(1.0)
            kill()
    while benches():
        time.sleep(0.5)
    print("no bench outlives the driver", flush=True)


def measure(folder: Path, sounds: list[Path], blender: str) -> None:
    """Run it and print what came of it."""
    wanted = stage.rows(sounds, stage.made_scenes(blender, folder / "scenes"))
    whole, killed = (stage.write_table(folder / name, wanted) for name in ("alone", "cluster"))
    begun = time.monotonic()
    with cluster() as made:
        options = ("--ray", made.address, "--blenders", 2, "--retries", 3)
        command = stage.batch(killed, blender, *options)
        disturbed(command, made)
        made.add_node(num_cpus=1)
        last = subprocess.run(command, cwd=stage.ROOT, capture_output=True, text=True, check=False)
    print(
        last.stdout.splitlines()[-1], f"Exit status {last.returncode}.", *last.stderr.splitlines()
    )
    print(f"{time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    done = Counter(
        each["row"]["output"]  # type: ignore[index]
        for each in stage.results(killed)
        if each["status"] != "failed"
    )
    print(f"{len(done)} of {len(wanted)} jobs done; twice: {sum(n > 1 for n in done.values())}")
    subprocess.run(
        stage.batch(whole, blender), cwd=stage.ROOT, stdout=subprocess.DEVNULL, check=True
    )
    same, made, _ = stage.alike(blender, whole, killed)
    print(f"{same} of {made} motions and scenes have the digest of a batch without Ray")
    print(f"half files and locks left: {stage.left_over(killed.parent / 'out') or 'none'}")


if __name__ == "__main__":
    stage.run_measure(__doc__, measure)
