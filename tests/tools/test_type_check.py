"""mypy sees all packages, each through the other, by their files' own paths."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.type_check import CHECKED, ROOT, make_link

CORE = "def metres(millimetres: float) -> float:\n    return millimetres / 1000\n"
ADD_ON = """
from ...model_core.units import metres

NEAR: float = metres(1.0)
FAR: float = metres("far")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout, in a folder whose name is no package's, whose add-on calls its core."""
    root = tmp_path / "jambatalk-0.1 (copy)"
    for name in ("", *CHECKED, "jambatalk_addon/write"):
        folder = root / name
        folder.mkdir()
        (folder / "__init__.py").touch()
    (root / "model_core" / "units.py").write_text(CORE)
    (root / "pyproject.toml").write_text("[tool.mypy]\ndisallow_untyped_defs = true\n")
    return root


def test_a_wrong_call_of_the_core_by_the_add_on_is_found(checkout: Path) -> None:
    file = Path("jambatalk_addon", "write", "far.py")
    (checkout / file).write_text(ADD_ON)
    # In a process of its own, as it changes folder and variables.
    program = "import sys; from pathlib import Path; from tools.type_check import check\n"
    command = [sys.executable, "-c", f"{program}sys.exit(check(Path(sys.argv[1])))", str(checkout)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert found.returncode == 1, found.stderr
    assert found.stdout.startswith(f"{file}:5: error: Argument 1")
    assert "Found 1 error in 1 file (checked 6 source files)" in found.stdout


def test_the_link_is_made_once(checkout: Path) -> None:
    link = checkout / make_link(checkout)
    assert make_link(checkout) == link.relative_to(checkout)
    assert link.resolve() == checkout.resolve()
