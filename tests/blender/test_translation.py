"""Every text of the registered add-on can be written to a file, translated, and read again."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Addon = Callable[[str], ModuleType]


def test_a_translation_is_written_filled_in_and_brought_up_to_date(
    addon: Addon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli, path = addon("headless.cli"), tmp_path / "de_DE.json"
    assert cli.run_module(["texts", "--output", str(path)]) == 0
    texts = json.loads(path.read_text(encoding="utf-8"))
    assert {
        "Bake",
        "Strength",
        "A bake or live speech is under way; wait for it or cancel it.",
    } <= texts.keys()
    assert "Nothing is kept for the controls on this mesh." in texts
    assert not any("JAMBATALK" in text for text in texts)
    texts |= {"Bake": "Backen", "No longer said by anything.": "Vorbei."}
    path.write_text(json.dumps(texts), encoding="utf-8")
    assert cli.run_module(["texts", "--output", str(path)]) == 0
    again = json.loads(path.read_text(encoding="utf-8"))
    assert again["Bake"] == "Backen"
    assert "No longer said by anything." not in again
    assert "1 of them translated" in capsys.readouterr().out


def test_files_that_are_no_translations_are_left_alone(
    addon: Addon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shapes.json"
    path.write_text('{"links": []}')
    assert addon("headless.cli").run_module(["texts", "--output", str(path)]) == 2
    assert "shapes.json is not a table of texts" in capsys.readouterr().err
    assert path.read_text() == '{"links": []}'


def test_blender_takes_the_artists_own_languages(
    addon: Addon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "de_DE.json").write_text('{"Bake": "Backen", "Cleared {name}.": "{name} leer."}')
    hook = addon("translation.hook")
    monkeypatch.setattr(hook, "_folders", lambda: [tmp_path])
    hook.detach()
    hook.attach()
    try:
        assert hook._languages["de_DE"].of("Cleared 'A'.") == "'A' leer."
        assert hook.shown("Cleared 'A'.") == "Cleared 'A'."  # Blender shows English
    finally:
        monkeypatch.undo()
        hook.detach()
        hook.attach()
