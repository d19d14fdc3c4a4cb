#!/usr/bin/env python3
"""Fuzz a target for a while.

python -m tests.fuzz.run TARGET [--minutes 10] [--seed 0]

Inputs are valid ones with random changes; `tests.fuzz.guided` lets atheris choose them. Time is the
CPU's, which other work on the machine does not shorten. The first input that is answered by
anything but `UserError` is kept and ends it with 1; so does one that takes over 20 seconds.
"""

import argparse
import random
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType

from model_core.base.errors import UserError
from tests.fuzz.targets import TARGETS, corpus

SLOWEST_SECONDS = 20
_INTERESTING = [
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b'"',
    b"{",
    b"\n",
    b"NaN",
    b"1e999",
]


class HangError(Exception):
    """An input took too long."""


def main() -> int:
    """Fuzz and say how much was tried."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=10.0, help="of CPU time")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    source, inputs = random.Random(args.seed), corpus(args.target)
    tried = refused = 0
    begun = time.process_time()
    with suppress(KeyboardInterrupt):  # asked to end early: tell how far it came
        while time.process_time() - begun < 60 * args.minutes:
            data = mutated(source, inputs) if tried >= len(inputs) else inputs[tried]
            tried += 1
            try:
                refused += attempt_in_time(args.target, data)
            except Exception:
                traceback.print_exc()
                return _keep(args.target, tried, data)
    minutes = (time.process_time() - begun) / 60
    print(f"{args.target}: {tried} inputs, {minutes:.1f} CPU minutes, {refused} refused, 0 failed")
    return 0


def _keep(target: str, number: int, data: bytes) -> int:
    """Save the input that failed; return the exit status."""
    found = Path(f"fuzz-{target}-{number}.bin")
    found.write_bytes(data)
    print(f"{target}: input {number} failed; kept as {found}")
    return 1


def attempt_in_time(target: str, data: bytes) -> bool:
    """`attempt`; raises HangError if it takes too much of the CPU, where POSIX can tell."""
    if not hasattr(signal, "setitimer"):
        return attempt(target, data)
    before = signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, SLOWEST_SECONDS)
    try:
        return attempt(target, data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def attempt(target: str, data: bytes) -> bool:
    """Give a target one input; return whether it was refused."""
    try:
        TARGETS[target](data)
    except UserError as error:
        assert str(error).strip() and "\n" not in str(error), "a refusal is one sentence"
        return True
    return False


def mutated(source: random.Random, inputs: list[bytes]) -> bytes:
    """Return a valid input with a few random changes."""
    data = bytearray(source.choice(inputs))
    for _ in range(source.randint(1, 8)):
        at, length = source.randint(0, len(data)), source.choice([1, 1, 2, 4, 8, 64])
        match source.randrange(6):
            case 0:
                data[at : at + length] = source.randbytes(length)
            case 1:
                data[at:at] = source.randbytes(length)
            case 2:
                del data[at : at + length]
            case 3:
                data[at : at + length] = source.choice(_INTERESTING)
            case 4:
                other = source.choice(inputs)
                begin = source.randint(0, len(other))
                data[at : at + length] = other[begin : begin + length]
            case 5:
                del data[source.randint(len(data) // 4, len(data)) :]
    return bytes(data)


def _hang(_signal: int, _frame: FrameType | None) -> None:
    raise HangError(f"over {SLOWEST_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
