"""Worker processes for work that keeps a core busy."""

import multiprocessing
from multiprocessing.pool import Pool

import torch


def worker_pool(workers: int) -> Pool:
    """Return a pool of spawned processes: torch does not survive a fork, and each has one core."""
    context = multiprocessing.get_context("spawn")
    return context.Pool(workers, initializer=torch.set_num_threads, initargs=(1,))
