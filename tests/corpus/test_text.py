import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.corpus.recipe import training_voices
from model_core.corpus.text import FORTUNES, clean_sentences, fortunes, own_sentences, sentences

needs_fortunes = pytest.mark.skipif(not FORTUNES.is_dir(), reason="fortunes are not installed")


def test_only_plain_sentences_are_kept() -> None:
    fortune = (
        "A plain sentence of words.  See RFC 2822 for it!\nWHO SHOUTS LIKE THIS?\n\t\t-- Someone"
    )
    assert clean_sentences(fortune, "en") == ["A plain sentence of words."]


def test_our_english_sentences_are_rich_in_lip_consonants() -> None:
    text = "".join(own_sentences("en")).lower()
    letters = sum(map(str.isalpha, text))
    assert sum(text.count(letter) for letter in "pbm") / letters > 0.1
    assert sum(text.count(letter) for letter in "fvw") / letters > 0.05


@needs_fortunes
def test_sentences_are_drawn_by_the_seed() -> None:
    drawn = [sentences("en", 40, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 40
    assert sum(sentence in own_sentences("en") for sentence in drawn[0]) == 10


def test_languages_without_fortunes_repeat_ours() -> None:
    ours = own_sentences("fi")
    drawn = sentences("fi", 2 * len(ours), np.random.default_rng(0))
    assert sorted(drawn) == sorted(ours * 2)


def test_a_language_without_text_is_an_error() -> None:
    with pytest.raises(UserError, match="'tlh'"):
        sentences("tlh", 3, np.random.default_rng(0))


@needs_fortunes
def test_every_language_of_the_recipe_has_sentences() -> None:
    languages = {voice.language.split("-")[0] for voice, _ in training_voices()}
    assert len(languages) >= 8
    assert all(own_sentences(language) or len(fortunes(language)) > 500 for language in languages)
