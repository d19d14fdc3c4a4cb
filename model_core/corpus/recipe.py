"""Which voices speak how much of the training and evaluation corpora."""

from .synthesis.voices import Voice

# Minutes of speech a voice gives. Natural-sounding English voices dominate; formant synthesis and
# other languages widen the range of voices and sounds.
_ENGLISH = (
    (Voice("flite", "slt", "en"), 26.0),
    (Voice("flite", "rms", "en"), 30.0),
    (Voice("flite", "awb", "en"), 26.0),
    (Voice("flite", "kal16", "en"), 10.0),
    (Voice("festival", "cmu_us_slt_arctic_hts", "en"), 8.0),
    (Voice("festival", "kal_diphone", "en"), 6.0),
)
_OTHER_LANGUAGES = (
    (Voice("festival", "lp_diphone", "it"), 6.0),
    (Voice("festival", "pc_diphone", "it"), 6.0),
    (Voice("festival", "czech_dita", "cs"), 5.0),
    (Voice("festival", "czech_machac", "cs"), 5.0),
    (Voice("festival", "czech_ph", "cs"), 4.0),
    (Voice("festival", "czech_krb", "cs"), 3.0),
    (Voice("festival", "suo_fi_lj_diphone", "fi"), 3.0),
    (Voice("festival", "hy_fi_mv_diphone", "fi"), 3.0),
    (Voice("festival", "upc_ca_ona_hts", "ca"), 4.0),
)
_ESPEAK_ENGLISH = (
    "en-us en-us+f2 en-us+m3 en-us+m7 en-us+Alicia en-us+Andy en+f4 en+m1 en+steph3 en-gb-x-rp+f5 "
    "en-gb-x-rp+m5 en-gb-scotland+m4 en-029+f3 en-us+klatt2 en-us+Michael en-us+linda en-us+grandma"
)
_ESPEAK_OTHERS = (
    "de+f2 de+m3 es+f4 es-419+m1 fr+f3 fr+m5 it+f1 pt-br+f5 pt+m2 nl+m4 nl+f2 pl+f2 pl+m3 ru+m1 "
    "ru+f3 cs+f3 fi+m6"
)
_ESPEAK_MINUTES = 2.0

HELD_OUT_VOICE = (Voice("festival", "ked_diphone", "en"), 5.0)


def training_voices() -> list[tuple[Voice, float]]:
    """Voices of the training corpus, each with its minutes of speech."""
    espeak = [
        (Voice("espeak", name, name.split("+")[0]), _ESPEAK_MINUTES)
        for name in f"{_ESPEAK_ENGLISH} {_ESPEAK_OTHERS}".split()
    ]
    return [*_ENGLISH, *_OTHER_LANGUAGES, *espeak]
