"""Who imports whom among the project's own files, read from the code; deferred imports count."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("model_core", "jambatalk_addon")


def modules() -> dict[str, Path]:
    """Return the project's modules by dotted name; packages stand for their ``__init__``."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {_name(file): file for file in files}


def imports() -> dict[str, set[str]]:
    """Return, for each module, the project's modules it imports anywhere in its code."""
    known = modules()
    return {name: set(_imported(file, known)) - {name} for name, file in known.items()}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            source = _absolute(file, node)
            named = ((f"{source}.{alias.name}", source) for alias in node.names)
            found = (inner if inner in known else outer for inner, outer in named)
            yield from (name for name in found if name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def _absolute(file: Path, node: ast.ImportFrom) -> str:
    """Return the dotted name an import takes from; ``...`` from the add-on reaches model_core."""
    package = file.relative_to(ROOT).parent.parts
    above = package[: len(package) - node.level + 1] if node.level else ()
    return ".".join((*above, *(node.module or "").split("."))).strip(".")
