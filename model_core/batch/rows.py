"""A row of a table of jobs, whatever the file it stands in."""

from dataclasses import dataclass

COLUMNS = ("audio", "scene", "mesh", "start", "output")


@dataclass(frozen=True)
class Row:
    """A job as the table has it.

    Attributes:
        line: number of its line, as a text editor counts.
        values: text by column, without spaces around it: each of `COLUMNS`, ``character``, and of
            the options those that are set.
        problem: why the line cannot be a job, or nothing.
        awaits: whether that is only that nothing is called so yet.
    """

    line: int
    values: dict[str, str]
    problem: str = ""
    awaits: bool = False
