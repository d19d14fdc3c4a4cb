# ruff: noqa: RUF001 - the IPA is made of letters that resemble others
"""Phone inventories of the speech tools, brought to the X-SAMPA symbols of `phones`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..base.errors import UserError
from .phones import Phone, merge_pauses


@dataclass(frozen=True)
class Inventory:
    """How one tool spells phones: `table` maps its symbol to one or several X-SAMPA symbols.

    With `compose` a symbol outside the table is read as a run of table symbols, longest first
    (how espeak-ng spells a diphthong or a rhotic vowel as one phoneme).
    """

    name: str
    table: Mapping[str, tuple[str, ...]]
    compose: bool = False
    ignored: frozenset[str] = field(default_factory=frozenset)

    def translate(self, symbol: str) -> tuple[str, ...]:
        """X-SAMPA symbols of one symbol of this inventory; `UserError` if it has none."""
        if symbol in self.table:
            return self.table[symbol]
        parts = self._composed(symbol) if self.compose else ()
        if not parts:
            raise UserError(
                f"The {self.name} phone '{symbol}' is not known; "
                "add it to its inventory in model_core/speech/inventories.py."
            )
        return parts

    def _composed(self, symbol: str) -> tuple[str, ...]:
        found: list[str] = []
        at = 0
        while at < len(symbol):
            if symbol[at] in self.ignored:
                at += 1
                continue
            ends = range(len(symbol), at, -1)
            end = next((end for end in ends if symbol[at:end] in self.table), None)
            if end is None:
                return ()
            found.extend(self.table[symbol[at:end]])
            at = end
        return tuple(found)


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """A table from `tool=sampa` words; `+` separates several X-SAMPA symbols."""
    pairs = (entry.split("=", 1) for entry in text.split())
    return {tool: tuple(sampa.split("+")) for tool, sampa in pairs}


def to_phones(segments: Iterable[tuple[str, float, float]], inventory: Inventory) -> list[Phone]:
    """Timed symbols of `inventory` as X-SAMPA phones.

    A symbol of several X-SAMPA phones is divided evenly; pauses that touch become one; segments
    of no length are dropped. Raises `UserError` for a symbol the inventory does not know.
    """
    phones: list[Phone] = []
    for symbol, start, end in segments:
        parts = inventory.translate(symbol)
        step = (end - start) / len(parts)
        if step > 0.0:
            phones.extend(
                Phone(part, start + i * step, start + (i + 1) * step)
                for i, part in enumerate(parts)
            )
    return merge_pauses(phones)


_ARPABET_BASE = _table(
    "aa=A: ae={ ah=V ao=O: aw=aU ax=@ axr=@` ay=aI eh=E er=3: ey=eI ih=I ix=I iy=i: ow=@U "
    "oy=OI uh=U uw=u: b=b ch=tS d=d dh=D dx=4 el=@+l em=@+m en=@+n f=f g=g hh=h hv=h jh=dZ "
    "k=k l=l m=m n=n ng=N nx=n p=p r=r\\ s=s sh=S t=t th=T v=v w=w y=j z=z zh=Z pau=_ h#=_ "
    "brth=_ sil=_ +spn+=_ +nsn+=_"
)
ARPABET = Inventory(
    "ARPAbet",
    _ARPABET_BASE | {symbol.upper(): parts for symbol, parts in _ARPABET_BASE.items()},
)

_IPA_BASE = {
    "_": ("_",),
    "": ("_",),
    **_table(
        "iː=i: i=i ɪ=I ᵻ=I ɨ=1 ʉ=} ɯ=M uː=u: u=u ʊ=U yː=y y=y ʏ=Y e=e eː=e ø=2 øː=2 ɤ=7 ɵ=8 o=o "
        "oː=o ə=@ ɘ=@ ɚ=@` ɜ=3 ɜː=3: ɝ=3: ɛ=E ɛː=E œ=9 œː=9 ɞ=3 ʌ=V ɔ=O ɔː=O: æ={ ɐ=6 a=a aː=a "
        "ɑ=A ɑː=A: ɒ=Q eɪ=eI ei=eI aɪ=aI aɪə=aI+@ ai=aI ɔɪ=OI ɔø=OI ɔi=OI ɔʏ=OI aʊ=aU aʊə=aU+@ "
        "au=aU oʊ=@U əʊ=@U ou=@U ɪə=I@ eə=e@ ʊə=U@ iə=I@ p=p b=b t=t d=d ʈ=t ɖ=d c=c ɟ=J\\ k=k "
        "ɡ=g g=g q=k ʔ=? m=m ɱ=F n=n ɳ=n ɲ=J ŋ=N ɴ=N β=B f=f v=v ʋ=P ɸ=f θ=T ð=D s=s z=z ʂ=S "
        "ʐ=Z ʃ=S ʒ=Z ɕ=s\\ ʑ=z\\ ç=C ʝ=j x=x ɣ=G χ=x ħ=h ʕ=? h=h ɦ=h ɧ=x sx=x ts=ts dz=dz tʃ=tS "
        "dʒ=dZ w=w ʍ=w ɥ=H j=j ʲ=j l=l ɫ=l ɭ=l ɬ=l ʎ=L r=r ɹ=r\\ ɻ=r\\ ɾ=4 ɽ=4 ʁ=R ʀ=R r̝=r+Z "
        "r̝̊=r+S"
    ),
}
# Combining marks and modifiers without a lip gesture of their own.
_IPA_MARKS = frozenset('\u0303\u0325\u030a\u0329\u032f\u031d\u032a\u0361ˈˌːʰʲˑ˞-:"^')
# espeak-ng reuses a few letters by language: its English ɐ is the reduced article, its British a
# the vowel of "trap", its German ɜ the vocalised r.
_IPA_OVERRIDES = {"en": _table("ɐ=@ a={ o=@U oː=O:"), "de": _table("ɜ=6")}


def espeak_inventory(language: str) -> Inventory:
    """Inventory of espeak-ng's IPA phoneme names for a language tag such as `en-us`."""
    override = _IPA_OVERRIDES.get(language.split("-", 1)[0], {})
    return Inventory(f"espeak-ng {language}", _IPA_BASE | override, True, _IPA_MARKS)


_FINNISH_LETTERS = _table(
    "a=A e=e i=i o=o u=u y=y @={ 7=2 &=@ p=p t=t k=k b=b d=d g=g f=f T=T D=D s=s S=S z=z "
    "Z=Z h=h v=P m=m n=n N=N l=l L=L r=r j=j w=w"
)
FINNISH = Inventory(
    "festival Finnish",
    _FINNISH_LETTERS
    | {f"{symbol}:": parts for symbol, parts in _FINNISH_LETTERS.items()}
    | _table("##=_ #=_"),
)
ITALIAN = Inventory(
    "festival Italian",
    _table(
        "i=i e=e E=E a=a o=o O=O u=u i1=i e1=e E1=E a1=a o1=o O1=O u1=u j=j w=w p=p t=t k=k b=b "
        "d=d g=g f=f s=s S=S v=v z=z Z=Z ts=ts tS=tS dz=dz dZ=dZ m=m n=n J=J ng=N nf=F l=l L=L "
        "r=r #=_"
    ),
)
CATALAN = Inventory(
    "festival Catalan",
    _table(
        "ax=@ a=a a1=a e1=e E=E E1=E i=i i1=i o=o o1=o O=O O1=O u=u u1=u b=b d=d f=f g=g j=j "
        "J=J k=k l=l L=L m=m n=n p=p r=4 rr=r s=s S=S t=t w=w z=z Z=Z pau=_ _=_ #=_"
    ),
)
CZECH = Inventory(
    "festival Czech",
    _table(
        "a=a a:=a e=E e:=E i=I i:=i: o=o o:=o u=u u:=u: b=b c=ts c~=tS ch=x d=d d~=J\\ dz=dz "
        "dz~=dZ f=f g=g h=h j=j k=k l=l m=m n=n n*=N n~=J p=p r=r r~=r+Z r~*=r+S s=s s~=S t=t "
        "t~=c v=v z=z z~=Z #=_ _=_"
    ),
)
RUSSIAN = Inventory(
    "festival Russian",
    _table(
        "ii=i yy=1 uu=u ee=e oo=o aa=a i=I y=1 u=U a=6 e=I ae=e ay=@ ur=U p=p pp=p b=b bb=b t=t "
        "tt=t d=d dd=d k=k kk=k g=g gg=g c=ts ch=tS f=f ff=f v=v vv=v s=s ss=s z=z zz=z sh=S "
        "sch=s\\ zh=Z h=x hh=x m=m mm=m n=n nn=n l=l ll=l r=r rr=r j=j pau=_ #=_"
    ),
)
