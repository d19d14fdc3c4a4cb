"""What a farm is to do: the parts of a table, and what each needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PART = "PART"
"""What stands for a part's number in `Farm.command`, from 1."""


@dataclass(frozen=True)
class Farm:
    """A table in parts, each a task of a farm.

    Attributes:
        name: of the job, without spaces.
        table: the jobs file, where all machines see it.
        parts: how many tasks there are.
        python: the Python in which ``model_core`` is installed, on the farm's machines.
        blender: what `batch` is told as ``--blender``, on the farm's machines.
        blenders: how many bake at once in a task.
        cores: CPU cores of a task.
        memory: MiB of a task.
        seconds: for which a task may run.
        options: further flags of `batch`.
    """

    name: str
    table: Path
    parts: int
    python: str
    blender: str
    blenders: int
    cores: int
    memory: int
    seconds: int
    options: Sequence[str] = ()

    def command(self, part: str = PART) -> list[str]:
        """Return the words of a task, whose number a farm puts in place of a part's."""
        batch = [self.python, "-m", "model_core", "batch", str(self.table)]
        settings = ["--blender", self.blender, "--blenders", str(self.blenders)]
        return [*batch, *settings, "--shard", f"{part}/{self.parts}", *self.options]
