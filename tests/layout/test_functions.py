"""How long functions are, and whether they say what they take and give."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.layout.imports import PACKAGES, ROOT

LONGEST = 40
MEDIAN = 8
SHIPPED = PACKAGES
WRITTEN = (*SHIPPED, "tests", "tools", "examples")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> list[Function]:
    """Return every function of a module, inner ones and methods included."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def lines(function: Function) -> int:
    """Return how many lines a function has, from its name to its end, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_annotated(function: Function) -> bool:
    """Return whether a function says the type of its result and of all it takes."""
    taken = function.args
    named = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg]
    bare = [each.arg for each in named if each is not None and each.annotation is None]
    return function.returns is not None and set(bare) <= {"self", "cls"}


def in_folders(*folders: str) -> Iterator[tuple[str, Function]]:
    """Yield the functions of folders and of the root's own files, with where they are."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    for file in [*files, *ROOT.glob("*.py")]:
        for function in functions(file.read_text(encoding="utf-8")):
            yield f"{place(file)}:{function.lineno} {function.name}", function


def place(file: Path) -> str:
    """Return a file's path in the project."""
    return file.relative_to(ROOT).as_posix()


def test_no_function_is_long() -> None:
    long = [
        f"{name}: {lines(each)}" for name, each in in_folders(*WRITTEN) if lines(each) > LONGEST
    ]
    assert not long, "split by ideas:\n" + "\n".join(long)


def test_functions_are_short_as_a_rule() -> None:
    assert median(lines(each) for _, each in in_folders(*SHIPPED)) <= MEDIAN


def test_every_function_is_annotated() -> None:
    bare = [name for name, each in in_folders(*WRITTEN) if not is_annotated(each)]
    assert not bare, "\n".join(bare)


NESTED = """
def whole(a: int, *b: int) -> int:
    def bare(c) -> int:
        return c
    return bare(a)
"""


def test_the_measures_see_what_they_are_for() -> None:
    whole, bare = functions(NESTED)
    assert (lines(whole), lines(bare)) == (4, 2)
    assert is_annotated(whole)
    assert not is_annotated(bare)
    for signature in ("(a: int)", "(*a) -> None", "(*, a) -> None", "(**a) -> None"):
        assert not is_annotated(functions(f"def f{signature}: ...")[0]), signature
