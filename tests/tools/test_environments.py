"""What cannot be made or installed is told in one sentence, and ends nothing else."""

import os
import sys
from pathlib import Path

import pytest

import build
from tools import environments
from tools.environments import SetupError
from tools.parts import FAILED, PASSED, SKIPPED, Result


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Environments are made in an empty folder, and what is printed meanwhile is kept there."""
    monkeypatch.setattr(environments, "LOG", tmp_path / ".cache" / "setup.log")
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "CONSTRAINTS", Path(__file__))
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.fixture
def broken_python(tmp_path: Path) -> str:
    """A Python that makes no environment."""
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\necho noise; echo 'Error: no ensurepip here'; exit 1\n")
    path.chmod(0o755)
    return str(path)


def test_an_environment_that_cannot_be_made_is_told_and_logged(
    elsewhere: Path,
    broken_python: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(environments, "find_python", lambda _version: broken_python)
    with pytest.raises(SetupError, match=r"no ensurepip here.*setup\.log") as caught:
        environments.ensure_blender("5.2")
    assert "\n" not in str(caught.value)
    assert "noise" in environments.LOG.read_text(encoding="utf-8")
    told = capsys.readouterr().out
    assert "Blender 5.2" in told
    assert "noise" not in told
    assert not (elsewhere / ".venvs" / "bpy-5.2" / ".installed").exists()


def test_a_missing_python_is_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_python", lambda _version: None)
    with pytest.raises(SetupError, match=r"no Python 3\.13"):
        environments.ensure_blender("5.2")
    with pytest.raises(SetupError, match=r"3\.11 or 3\.13"):
        environments.newest_blender()


@pytest.mark.skipif(sys.platform != "linux", reason="only Debian's packages are installed")
@pytest.mark.parametrize("user", [0, 1000])
def test_packages_that_cannot_be_installed_are_named(
    elsewhere: Path,
    broken_python: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    user: int,
) -> None:
    Path(broken_python).rename(elsewhere / "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setenv("PATH", str(elsewhere))
    environments.install_debian_packages({}, {"no-such-program": "no-such-package"})
    told = capsys.readouterr().out
    assert "no-such-package" in told
    assert ("Please install" in told) == (user != 0)
    assert ("failed" in told) == (user == 0)


def test_what_fails_in_one_place_is_tried_in_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def ensure(version: str) -> Path:
        if version in {"4.5", "5.2"}:
            raise SetupError(f"nothing for {version}")
        return Path(version)

    monkeypatch.setattr(build, "ensure_blender", ensure)
    monkeypatch.setattr(
        build, "find_python", lambda version: None if version == "3.13" else "python"
    )
    monkeypatch.setattr(
        build,
        "run_blenders",
        lambda ready, _model: [Result(version, PASSED, 1.0, "") for version in ready],
    )
    made = build.begin_blenders([*build.BLENDERS])
    outcomes = [result.outcome for result in build.test_blenders(made, asked=False)]
    assert outcomes == [FAILED, SKIPPED, PASSED, PASSED]
    made = build.begin_blenders(["5.2"])
    assert [result.outcome for result in build.test_blenders(made, asked=True)] == [FAILED]


def test_every_core_part_runs_whatever_the_first_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_part(name: str, *_: object) -> Result:
        return Result(name, FAILED if name == "ruff check" else PASSED, 1.0, "")

    monkeypatch.setattr(build, "run_part", run_part)
    outcomes = [(result.name, result.outcome) for result in build.test_core(ready=True)]
    names = ["ruff check", "ruff format", "mypy", "core tests"]
    assert outcomes == [*zip(names, [FAILED, PASSED, PASSED, PASSED], strict=True)]
    assert {result.outcome for result in build.test_core(ready=False)} == {SKIPPED}
