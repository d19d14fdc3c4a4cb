"""The floor plan: what may import what (docs/decisions/0008-rooms-and-floors.md)."""

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.layout.imports import imports, modules

# From the ground up; a room imports from the floors below its own, and from nowhere else.
CORE_FLOORS = (
    ("base",),
    ("speech", "engine"),
    ("rig",),
    ("motion",),
    ("formats", "targets", "demo"),
    ("layers", "encoding"),
    ("performance",),
    ("hearing",),
    ("models",),
    ("articulation", "live"),
    ("corpus",),
    ("datasets",),
    ("training",),
    ("evaluation", "study"),
    ("worker",),
    ("batch",),
    ("cli",),
)
HEIGHT = {room: floor for floor, rooms in enumerate(CORE_FLOORS) for room in rooms}


def room(module: str) -> str:
    """Return the folder of model_core a module is in; the package's own files stand on top."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in HEIGHT else "cli"


def test_no_circle_of_imports() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_every_folder_has_its_floor() -> None:
    folders = {name.split(".")[1] for name in modules() if name.startswith("model_core.")}
    assert {folder for folder in folders if folder not in HEIGHT} <= {"__main__", "moved"}


def test_rooms_import_from_floors_below_only() -> None:
    astray = [
        f"{source} -> {target}"
        for source, targets in imports().items()
        if source.startswith("model_core.")
        for target in targets
        if target.startswith("model_core.") and room(target) != room(source)
        if HEIGHT[room(target)] >= HEIGHT[room(source)]
    ]
    assert not astray, "\n".join(sorted(astray))


def test_the_core_knows_no_add_on() -> None:
    known = [
        f"{source} -> {target}"
        for source, targets in imports().items()
        if source.startswith("model_core")
        for target in targets
        if target.startswith("jambatalk_addon")
    ]
    assert not known
