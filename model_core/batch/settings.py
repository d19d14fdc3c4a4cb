"""How a batch is run, as its command line says."""

import argparse
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, fields

from ..base.errors import UserError
from ..engine.choice import DEVICES

INTERRUPTED = 130  # exit code: 128 and the number of SIGINT
_MOST = 256  # processes
_DAY_SECONDS = 86_400.0
_SETTLED = 3.0  # seconds: longer than recorders keep back what they hear


@dataclass(frozen=True)
class Shard:
    """A part of a table that one of several machines runs.

    Attributes:
        index: which, from 1.
        count: how many there are.
    """

    index: int
    count: int


@dataclass(frozen=True)
class Settings:
    """How a batch is run.

    Attributes:
        blenders: how many processes bake; 0 bakes in this one.
        models: how many processes run the model.
        device: on which the model runs, one of `DEVICES`; empty for what Blender's preferences say.
        retries: how often a job is tried again whose Blender crashed.
        time_limit: seconds a job may take; 0 for any.
        memory_limit: MiB that any process may hold; 0 for any.
        shard: the part of the table to run; None for all of it.
        dry_run: tell the plan and do nothing.
        report: make a page to look through what was made.
        watch: seconds for which a sound must not have changed to be baked, while sounds come; None
            to bake what is there.
        table_jobs: how many jobs the whole table has, once that is known.
    """

    blenders: int = 1
    models: int = 1
    device: str = ""
    retries: int = 1
    time_limit: float = 3600.0
    memory_limit: float = 0.0
    shard: Shard | None = None
    dry_run: bool = False
    report: bool = False
    watch: float | None = None
    table_jobs: int = 0


def add_settings(parser: argparse.ArgumentParser, *, least_blenders: int = 0) -> None:
    """Give a command line the flags of a batch.

    Args:
        parser: of the command line.
        least_blenders: 0 where this process is a Blender itself, else 1.
    """
    here = "" if least_blenders else "; 0 bakes in this one, in order and without limits"
    _add_number(
        parser, "blenders", _whole(least_blenders, _MOST), usual_blenders(),
        f"how many Blenders bake at once, each a process of its own{here}",
    )  # fmt: skip
    _add_number(
        parser, "models", _whole(1, _MOST), _USUAL.models,
        "how many processes run the model, which all Blenders share",
    )  # fmt: skip
    text = "where the model runs; else as Blender's preferences say, automatically if they do not"
    parser.add_argument("--device", choices=DEVICES, default=_USUAL.device, help=text)
    _add_number(
        parser, "retries", _whole(0, 100), _USUAL.retries,
        "how often a job is tried again whose Blender or model crashed",
    )  # fmt: skip
    _add_number(
        parser, "time-limit", _number(30 * _DAY_SECONDS), _USUAL.time_limit,
        "seconds a job may take before it is ended; 0 for any",
    )  # fmt: skip
    _add_number(
        parser, "memory-limit", _number(2.0**30), _USUAL.memory_limit,
        "MiB that a process of the batch may hold before it is ended; 0 for any",
    )  # fmt: skip
    _add_ways(parser)


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what is done with a table instead of running all of it once."""
    text = "run the I-th of N parts of the table, so that N machines may share it"
    parser.add_argument("--shard", type=_shard, metavar="I/N", help=text)
    text = "tell what would be done, and do nothing"
    parser.add_argument("--dry-run", action="store_true", help=text)
    text = "make a page to look through what was made, beside the table, with .report.html"
    parser.add_argument("--report", action="store_true", help=text)
    parser.add_argument(
        "--watch", type=_number(_DAY_SECONDS), nargs="?", const=_SETTLED, metavar="S",
        help="go on until Ctrl-C: bake what comes to be called as the table says, once a sound has "
        f"not changed for so many seconds ({_SETTLED:g})",
    )  # fmt: skip


def _add_number(
    parser: argparse.ArgumentParser,
    name: str,
    read: Callable[[str], float],
    usual: float,
    text: str,
) -> None:
    """Add a flag that takes a number."""
    parser.add_argument(
        f"--{name}", type=read, default=usual, metavar="N", help=f"{text} ({usual:g})"
    )


_USUAL = Settings()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return what a command line set."""
    names = {each.name for each in fields(Settings)} - {"table_jobs"}
    return Settings(**{name: getattr(arguments, name) for name in names})


def usual_blenders() -> int:
    """Return how many Blenders bake where nobody says: while one writes, another is heard."""
    return min(2, os.cpu_count() or 1)


def shard_of(text: str) -> Shard:
    """Return the part that ``2/8`` means. Raises `UserError`, half a sentence, if it is none."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count:
        raise UserError(f"'{text}' is no part such as 1/8, 2/8 and so on up to 8/8")
    return Shard(index, count)


def _shard(text: str) -> Shard:
    try:
        return shard_of(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is no number from {least} to {most}")
        return int(text)

    return read


def _number(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0.0 <= number <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is no number from 0 to {most:g}")
        return number

    return read
