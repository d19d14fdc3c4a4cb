"""A translation's file: sentences with fields, files that are wrong, and what there is to say."""

import json
from pathlib import Path

import pytest

from tests.jambatalk_root import addon_module
from tests.layout.imports import ROOT

language = addon_module("translation.language")
sentences = addon_module("translation.sentences")
UserError = language.UserError


def written(folder: Path, texts: object, locale: str = "de_DE") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{locale}.json"
    path.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
    return path


GERMAN = {
    "Bake": "Backen",
    "Cleared '{name}'.": "„{name}“ ist geleert.",
    "Moves {name} by {frames} frames.": "Um {frames} Bilder: {name} rückt.",
    "'{name}' has no shape keys.": "„{name}“ hat keine Shape Keys.",
    "'{name}' has no {kind}.": "„{name}“ hat kein {kind}.",
    "Not yet.": "",
}


def test_sentences_are_put_into_another_language(tmp_path: Path) -> None:
    written(tmp_path, GERMAN)
    german = language.read_languages([tmp_path])["de_DE"]
    assert german.of("Bake") == "Backen"
    assert german.of("Cleared 'Anna (2)'.") == "„Anna (2)“ ist geleert."
    assert german.of("Moves Anna by 12 frames.") == "Um 12 Bilder: Anna rückt."
    assert german.of("Cleared 'A'. 'B' has no shape keys.") == (
        "„A“ ist geleert. „B“ hat keine Shape Keys."  # and not the looser of the two
    )


def test_what_is_not_translated_stays_english(tmp_path: Path) -> None:
    written(tmp_path, GERMAN)
    german = language.read_languages([tmp_path])["de_DE"]
    for text in ("Not yet.", "Choose a mesh.", "", "Cleared"):
        assert german.of(text) == text
    assert german.of("Cleared 'A'. Choose a mesh.") == "„A“ ist geleert. Choose a mesh."


def test_the_artists_own_file_counts_most(tmp_path: Path) -> None:
    written(tmp_path / "shipped", GERMAN)
    written(tmp_path / "own", {"Bake": "Sprechen lassen"})
    both = language.read_languages([tmp_path / "shipped", tmp_path / "own", tmp_path / "none"])
    assert both["de_DE"].of("Bake") == "Sprechen lassen"
    assert both["de_DE"].of("Cleared 'A'.") == "„A“ ist geleert."


@pytest.mark.parametrize("texts", [["Bake"], {"Bake": 1}, {"By {a}.": "Um."}, {"By {a}.": "{b}."}])
def test_a_file_that_is_no_translation_is_named(tmp_path: Path, texts: object) -> None:
    written(tmp_path, texts)
    with pytest.raises(UserError, match=r"de_DE\.json"):
        language.read_languages([tmp_path])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    written(tmp_path, {}).write_bytes(b"\xff{")
    with pytest.raises(UserError, match=r"de_DE\.json cannot be read"):
        language.read_languages([tmp_path])


def test_sentences_are_found_in_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        '"""A docstring, which nobody is shown."""\n'
        "def tell(layout, self):\n"
        '    """Nor this one here."""\n'
        "    layout.label(text='Strip')\n"
        "    layout.prop(self, 'strip', text='')\n"
        "    yield f'Stored {self.pose} of {len(names)} and {other.pose}.'\n"
        "    yield 'jambatalk.bake'\n"
        "    yield f'{a} {b}.'\n"
    )
    assert sentences.sentences_of([tmp_path]) == [
        "Stored {pose} of {names} and {pose2}.",
        "Strip",
    ]


def test_what_is_found_in_the_source_can_be_translated(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    found = sentences.sentences_of([root / "jambatalk_addon", root / "model_core" / "worker"])
    assert len(found) > 100
    written(tmp_path, {text: text for text in found}, "xx")
    language.read_languages([tmp_path])["xx"].of("Cleared 'A'.")  # each of them is a pattern


def test_takes_are_called_in_the_artists_language(tmp_path: Path) -> None:
    """What the list of takes shows is a text of its own, whichever form it takes."""
    said = sentences.sentences_of([ROOT / "jambatalk_addon" / "write"])
    names = [text for text in said if text.startswith("Take {number}")]
    assert len(names) == 4
    written(
        tmp_path, {name: name.replace("Take", "Fassung").replace(" at ", " zu ") for name in names}
    )
    german = language.read_languages([tmp_path])["de_DE"]
    for made, told in (
        ("Take 3", "Fassung 3"),
        ("Take 3 at 0.8", "Fassung 3 zu 0.8"),
        ("Take 0, wide", "Fassung 0, wide"),
        ("Take 12 at 1.5, wide", "Fassung 12 zu 1.5, wide"),
    ):
        assert german.of(made) == told
