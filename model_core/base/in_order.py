"""Jobs that threads work at side by side, their results in the order of the jobs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_order(
    jobs: Iterable[Callable[[], Result]], threads: int, prepare: Callable[[], None]
) -> Iterator[Result]:
    """Yield the results of jobs; while one is used, the next ones are worked at.

    Args:
        jobs: taken when a thread is free for them.
        threads: that work.
        prepare: called in each thread first.
    """
    pool = ThreadPoolExecutor(threads, initializer=prepare)
    ahead: deque[Future[Result]] = deque()
    try:
        for job in jobs:
            ahead.append(pool.submit(job))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
