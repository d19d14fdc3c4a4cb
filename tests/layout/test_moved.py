"""Import paths of version 0.1 still work, and say what replaces them."""

import importlib
import sys

import pytest

from model_core.moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_gives_what_the_new_one_holds(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"model_core.{old}", raising=False)
    with pytest.warns(DeprecationWarning, match=f"model_core.{MOVED[old]}"):
        module = importlib.import_module(f"model_core.{old}")
    new = importlib.import_module(f"model_core.{MOVED[old]}")
    public = {name: value for name, value in vars(new).items() if not name.startswith("_")}
    assert public.items() <= vars(module).items()


def test_names_that_never_were_are_still_missing() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("model_core.face.nothing")
