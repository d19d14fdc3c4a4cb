import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.speech import inventories, phones
from model_core.speech.inventories import Inventory, espeak_inventory, to_phones
from model_core.speech.phones import SYMBOLS, Phone, fit_phones, merge_pauses

INVENTORIES = [
    inventories.ARPABET,
    inventories.FINNISH,
    inventories.ITALIAN,
    inventories.CATALAN,
    inventories.CZECH,
    inventories.RUSSIAN,
    *(espeak_inventory(language) for language in ("en-us", "de", "fr", "pl")),
]


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda inventory: inventory.name)
def test_every_inventory_maps_into_the_symbols(inventory: Inventory) -> None:
    assert {symbol for parts in inventory.table.values() for symbol in parts} <= SYMBOLS


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda inventory: inventory.name)
def test_every_inventory_keeps_the_lip_consonants_apart(inventory: Inventory) -> None:
    for symbol in ("p", "b", "m", "f"):
        assert inventory.translate(symbol) == (symbol,)


def test_the_scored_classes_are_made_of_known_symbols_and_do_not_overlap() -> None:
    classes = [phones.BILABIALS, phones.LABIODENTALS, phones.OPEN_VOWELS, phones.SPREAD]
    classes.append(phones.ROUNDED)
    assert all(members <= SYMBOLS for members in classes)
    assert sum(map(len, classes)) == len(frozenset().union(*classes))
    assert phones.VOWELS.isdisjoint(phones.CONSONANTS)


def test_espeak_reads_composed_phonemes() -> None:
    english, portuguese = espeak_inventory("en-us"), espeak_inventory("pt-br")
    assert english.translate("o\u02d0\u0279") == ("O:", "r\\")
    assert portuguese.translate("\u0250\u0303\u028a\u0303") == ("6", "U")
    assert espeak_inventory("ru").translate("m\u02b2") == ("m",)


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda inventory: inventory.name)
def test_an_unknown_symbol_is_named(inventory: Inventory) -> None:
    with pytest.raises(UserError, match="'qq!'"):
        inventory.translate("qq!")


def test_segments_become_contiguous_phones() -> None:
    segments = [("pau", 0.0, 0.1), ("h#", 0.1, 0.2), ("em", 0.2, 0.4), ("b", 0.4, 0.4)]
    timed = to_phones(segments, inventories.ARPABET)
    assert [phone.symbol for phone in timed] == ["_", "@", "m"]
    assert np.allclose([phone.start for phone in timed], [0.0, 0.2, 0.3])
    assert timed[-1].end == pytest.approx(0.4)


def test_fitting_cuts_and_extends_to_the_recording() -> None:
    timed = [Phone("_", -0.2, 0.1), Phone("m", 0.1, 0.3), Phone("_", 0.9, 1.2)]
    fitted = fit_phones(timed, 0.8)
    assert fitted == [Phone("_", 0.0, 0.1), Phone("m", 0.1, 0.8)]
    assert fit_phones([], 1.0) == []


def test_touching_pauses_merge() -> None:
    merged = merge_pauses([Phone("_", 0.0, 0.1), Phone("_", 0.1, 0.5), Phone("m", 0.5, 0.6)])
    assert merged == [Phone("_", 0.0, 0.5), Phone("m", 0.5, 0.6)]
