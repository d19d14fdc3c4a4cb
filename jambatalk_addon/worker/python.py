"""Which Python runs the worker."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ENVIRONMENT_VARIABLE = "JAMBATALK_PYTHON"


def find_python(
    preferred: str, runtime: Path | None, root: Path, environ: Mapping[str, str] = os.environ
) -> Path:
    """Return the Python to run the model with: the first named or found of the candidates.

    Args:
        preferred: path from the add-on's preferences, or empty.
        runtime: our own virtual environment in the extension's user folder, if it can exist.
        root: the folder that holds ``model_core``; a source tree has its ``.venv`` there.
        environ: environment variables; ``JAMBATALK_PYTHON`` is read.
    """
    return next(_candidates(preferred, runtime, root, environ))


def _candidates(
    preferred: str, runtime: Path | None, root: Path, environ: Mapping[str, str]
) -> Iterator[Path]:
    """Yield what the artist named, even where it is missing, then what exists."""
    for named in (preferred, environ.get(ENVIRONMENT_VARIABLE, "")):
        if named:
            yield Path(named)
    for folder in (runtime, root / ".venv"):
        if folder is not None and (python := venv_python(folder)).is_file():
            yield python
    yield own_python()


def own_python() -> Path:
    """Return the Python that runs this, also inside a Blender that names itself instead."""
    executable = Path(sys.executable)
    if executable.stem.lower().startswith("python"):
        return executable
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    candidates = [Path(sys.base_prefix) / "bin" / version, Path(sys.base_prefix) / "python.exe"]
    return next((candidate for candidate in candidates if candidate.is_file()), executable)


def venv_python(folder: Path) -> Path:
    """Return where a virtual environment keeps its Python."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def clean_environment(
    extra_paths: list[str], environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return an environment in which Blender's own Python settings do not reach the worker.

    Args:
        extra_paths: folders of packages for the worker's Python alone.
        environ: what to start from.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("PYTHON")}
    kept["OMP_WAIT_POLICY"] = "passive"  # idle threads must not spin while the artist works
    kept["PYTHONUTF8"] = "1"
    if extra_paths:
        kept["PYTHONPATH"] = os.pathsep.join(extra_paths)
    return kept
