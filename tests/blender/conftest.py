"""The built zip installed in this Blender, and the worker the tests choose."""

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import bone_puppet

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = "bl_ext.user_default.jambatalk"

if importlib.util.find_spec("bpy") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    # Read by Blender as it starts: nothing of the developer's own settings is seen or changed.
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="jambatalk-user-")
    import bpy

sys.path.insert(0, str(HERE))

import choice  # noqa: E402
import crashes  # noqa: E402

from model_core.rig.rig import FaceRig, load_face_rig  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{choice.MARK}: run also where its file is left out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:], out = choice.divided(items)
    config.hook.pytest_deselected(items=out)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Tell run_all.py which file is under test, should Blender crash."""
    _note(crashes.BEGUN, nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell run_all.py what failed before a crash."""
    if report.failed:
        _note(crashes.FAILED, report.nodeid)


def _note(what: str, nodeid: str) -> None:
    if crashes.PROGRESS in os.environ:
        name = Path(nodeid.split("::", maxsplit=1)[0]).name
        crashes.note(Path(os.environ[crashes.PROGRESS]), what, name)


@pytest.fixture(scope="session")
def extension() -> Iterator[ModuleType]:
    """The add-on, installed from its zip as an artist would."""
    package = os.environ.get("JAMBATALK_ZIP")
    if package is None:
        import run_all

        package = run_all.build_zip(Path(sys.executable), Path(tempfile.mkdtemp()))
    installed = bpy.ops.extensions.package_install_files(
        filepath=str(package), repo="user_default", enable_on_install=True, overwrite=True
    )
    assert installed == {"FINISHED"}
    yield importlib.import_module(PACKAGE)
    bpy.ops.preferences.addon_disable(module=PACKAGE)


@pytest.fixture
def addon(extension: ModuleType) -> Callable[[str], ModuleType]:
    """Import a module of the installed add-on by its path inside jambatalk_addon."""
    return lambda name: importlib.import_module(f"{PACKAGE}.jambatalk_addon.{name}")


@pytest.fixture
def rig(extension: ModuleType) -> FaceRig:
    """The rig of the demo head's topology."""
    return load_face_rig()


@pytest.fixture
def scene(extension: ModuleType) -> "bpy.types.Scene":
    """An empty scene at 30 frames per second."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.scene.render.fps = 30
    return bpy.context.scene


@pytest.fixture
def worker(
    addon: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Run the fake worker instead of the model, in the mode given (see fake_worker.py)."""
    session = addon("worker.session")

    def use(mode: str = "") -> None:
        session.drop_worker()
        launcher = tmp_path / "fake-python"
        script = HERE / "fake_worker.py"
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}"\n')
        launcher.chmod(0o755)
        monkeypatch.setenv("JAMBATALK_PYTHON", str(launcher))
        monkeypatch.setenv("JAMBATALK_FAKE", mode)

    use()
    yield use
    session.drop_worker()


@pytest.fixture
def head(scene: "bpy.types.Scene", rig: FaceRig, worker: Callable[..., None]) -> "bpy.types.Object":
    """A FLAME head, picked in the settings."""
    import helpers

    scene.jambatalk.mesh = helpers.make_head(rig.neutral, rig.faces)
    return scene.jambatalk.mesh


@pytest.fixture
def strip(scene: "bpy.types.Scene", tmp_path: Path) -> "bpy.types.Strip":
    """A strip of 6 s of sound from frame 10 on, at 30 frames per second: to frame 189."""
    import helpers

    sound = helpers.write_wav(tmp_path / "line.wav", helpers.STRIP_SECONDS)
    return helpers.strip_collection(scene).new_sound("Line", str(sound), 1, 10)


@pytest.fixture
def model_worker(
    addon: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Run the real model, with the Python that has its packages."""
    python = os.environ.get("JAMBATALK_MODEL_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    if not Path(python).exists():
        pytest.skip("needs the repository's .venv (python3 build.py setup)")
    session = addon("worker.session")
    session.drop_worker()
    monkeypatch.setenv("JAMBATALK_PYTHON", python)
    yield
    session.drop_worker()


@pytest.fixture
def puppet(
    scene: "bpy.types.Scene", worker: Callable[[str], None], tmp_path: Path
) -> "bone_puppet.Puppet":
    """A head of bones with poses stored, chosen to speak two seconds."""
    import bone_puppet

    return bone_puppet.stored_puppet(scene, tmp_path / "line.wav")


@pytest.fixture
def strip_scene(extension: ModuleType) -> Path:
    """A saved scene with a sound strip, which Blenders built without sound can only open."""
    path = os.environ.get("JAMBATALK_STRIP_SCENE")
    if path is None:
        pytest.skip("needs run_all.py, which saves a scene with a strip")
    return Path(path)
