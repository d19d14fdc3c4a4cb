"""Where Debian's Blenders cannot run, one sentence says why."""

import os
import sys
from pathlib import Path

import pytest

from tools import debian_blender
from tools.debian_blender import SUITES, NotPossibleError, run_session


@pytest.mark.parametrize(
    ("user", "programs", "mirror", "words"),
    [
        (1000, os.environ["PATH"], "http://127.0.0.1:9", "need Linux and root"),
        (0, "", "http://127.0.0.1:9", "need debootstrap"),
        (0, "programs", "http://127.0.0.1:9", "mirror .* is out of reach"),
    ],
)
def test_what_is_missing_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: int,
    programs: str,
    mirror: str,
    words: str,
) -> None:
    (tmp_path / "programs").mkdir()
    program = tmp_path / "programs" / "debootstrap"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    monkeypatch.setenv("PATH", programs)
    monkeypatch.setattr(debian_blender, "CHROOTS", tmp_path / "debian")
    monkeypatch.setattr(debian_blender, "_MIRROR", mirror)
    monkeypatch.setattr(debian_blender, "_KEYRING", str(program))
    with pytest.raises(NotPossibleError, match=words):
        run_session(next(iter(SUITES)), program, [], tmp_path / "out", 10)
    assert not (tmp_path / "debian").exists()
