"""Every option of a bake, once: a new one is a field here and the place where it acts.

Everything else is a view of these fields: the command line (`option_arguments.py`), the panel's
settings (`jambatalk_addon/panel/options.py`), the columns of a table of jobs
(`model_core/batch/jobs_file.py`) and the worker's request (`worker/requested_options.py`).
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any

from ..base.errors import UserError
from ..motion.reduction import DENSE, MOST_A_SECOND, POSES, TOLERANCE_MM, Reduction
from ..targets.preference import AUTO, OUR_SHAPES, OWN_KEYS, RIG
from ..targets.shape_map import read_map

_KEY = "option"
SPEECH, OUTPUT = "SPEECH", "OUTPUT"  # how it is spoken; what is written of it
CONTROLS = "CONTROLS"  # what is done to it then, without the model
LIFE, MOOD = "LIFE", "MOOD"  # what the face does besides; how it feels
CAPTURE = "CAPTURE"  # a recorded face
MESH, LIST = "MESH", "LIST"  # what of the mesh moves; which key of it does what


@dataclass(frozen=True, kw_only=True)
class Option:
    """How a field is shown and what it may hold.

    Attributes:
        label: in the panel.
        text: what it does, with its unit; for tooltips and help.
        word: what the command line and tables call it; the field's name if empty.
        low: least number.
        high: greatest number.
        soft_high: greatest number a slider shows.
        choices: names a text may be, with their label and what each does.
        switch: the choice that a plain ``--word`` stands for; otherwise the flag takes a value.
        folder: a text is a folder on disk.
        file: a text is a file on disk.
        of_file: what makes a text of the file that command lines and tables name for it; raises
            `UserError`.
        place: which part of the panel shows it: `SPEECH`, `CONTROLS`, `CAPTURE`, `LIFE`, `MOOD`,
            `OUTPUT`, `MESH` or `LIST`.
        side_by_side: the panel shows its choices beside each other, instead of in a menu.
        only_if: choices of other options, by field, with which alone this one counts.
        family: what a command line sets together with others as ``--family NAME:NUMBER ...``, NAME
            being the rest of the field's.
    """

    label: str
    text: str
    word: str = ""
    low: float = -math.inf
    high: float = math.inf
    soft_high: float = math.inf
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    switch: str = ""
    folder: bool = False
    file: bool = False
    of_file: Callable[[str], str] | None = None
    check: Callable[[str], None] | None = None
    place: str = SPEECH
    side_by_side: bool = False
    only_if: Mapping[str, str] = field(default_factory=dict)
    family: str = ""

    @property
    def path(self) -> bool:
        """Whether a text is a path on disk."""
        return self.folder or self.file


def option(default: Any, **about: Any) -> Any:
    """Return a field for an option: its default, and what an `Option` says of it."""
    return field(default=default, metadata={_KEY: Option(**about)})


def life_part(label: str, text: str) -> Any:
    """Return a field for whether there is a part of life."""
    return option(True, label=label, text=text, place=LIFE)


def life_amount(part: str) -> Any:
    """Return a field for how much of a part of life there is."""
    text = f"How much of the {part.lower()}, as a factor of the life there is"
    return option(
        1.0, label=f"{part} Amount", text=text, low=0.0, high=3.0, soft_high=2.0, place=LIFE
    )


def life_variation(part: str) -> Any:
    """Return a field for what draws a part of life anew."""
    text = f"Another number draws the {part.lower()} anew, and leaves the rest as it is"
    return option(0, label=f"{part} Variation", text=text, low=0, high=2**31 - 1, place=LIFE)


def mood_amount(mood: str) -> Any:
    """Return a field for how much of a mood there is."""
    text = f"How {mood.lower()} the face is, as a factor: 0 is not at all, 1 is marked"
    return option(
        0.0, label=mood, text=text, low=0.0, high=1.5, soft_high=1.0, family="mood", place=MOOD
    )


def _gain(label: str, text: str) -> Any:
    """Return a field for a factor from 0 to 2 that changes nothing at 1."""
    return option(1.0, label=label, text=text, place=CONTROLS, low=0.0, high=2.0)


def _map_of_file(path: str) -> str:
    return json.dumps(read_map(path).to_json())


MOST_VARIED = 1.5
"""The greatest variation of a take."""


def _check_changes(text: str) -> None:
    from .mood.changes import read_changes  # numpy, which command lines do without

    try:
        read_changes(text)
    except UserError as error:
        raise UserError(str(error).rstrip(".")) from None


SILENT_DB = -60.0
"""The level below which there is nothing to hear."""
CURVES, EXACT = "CURVES", "EXACT"
PARTS = ("blinks", "brows", "gaze", "lids", "head", "breathing")
"""The parts of life; each has a field and an amount."""
DRAWN = tuple(part for part in PARTS if part != "lids")
"""Those that are drawn at random, and have a variation."""
KEEP, REPLACE = "KEEP", "REPLACE"
SPOKEN, PAUSES, CAPTURED = "SPOKEN", "PAUSES", "CAPTURED"


@dataclass(frozen=True)
class BakeOptions:
    """How a motion is made and written; see each field's `Option`."""

    style: str = option("", label="Style", text="Manner of speaking; the model's own if left out")
    strength: float = option(
        1.0,
        label="Strength",
        text="How large the motion is, as a factor: 1 is the model's own",
        low=0.0,
        high=3.0,
        soft_high=2.0,
    )
    keep_styles: bool = option(
        False,
        label="Keep All Styles",
        text="Tell the sound in each of the model's styles, so that Style Blend can mix any with "
        "it later; takes once more for each, and 60 kB a minute",
    )
    blend_style: str = option(
        "",
        label="Blend With",
        text="Style that Style Blend mixes in; one that was kept, or the next bake tells the sound "
        "in it too",
        place=CONTROLS,
    )
    style_blend: float = option(
        0.0,
        label="Style Blend",
        text="How much of the style to blend with is mixed in, as a share: 1 is all of it",
        place=CONTROLS,
        low=0.0,
        high=1.0,
    )
    take: int = option(
        0,
        label="Take",
        text="Which performance of the line: each number is another one, always the same; 0 is the "
        "plain one",
        low=0,
        high=2**31 - 1,
    )
    variation: float = option(
        1.0,
        label="Variation",
        text="How far takes go from take 0, as a factor: 0 is take 0, 1 as a speaker varies. "
        "Lips that take 0 closes are closed in every take",
        low=0.0,
        high=MOST_VARIED,
        soft_high=MOST_VARIED,
    )
    jaw: float = _gain("Jaw", "How far the jaw opens, as a factor; closed lips stay closed")
    lips: float = _gain("Lips", "How much the lips do, as a factor")
    rounding: float = _gain("Rounding", "How far lips are pursed and funnelled, as a factor")
    width: float = _gain("Width", "How far the corners of the mouth are drawn apart, as a factor")
    upper_lip: float = _gain("Upper Lip", "How much the upper lip does, as a factor")
    closing: float = _gain(
        "Closing",
        "How firmly lips close for m, b and p: 1 as the model has it, 2 by 1.5 mm more and pressed",
    )
    asymmetry: float = option(
        0.0,
        label="Asymmetry",
        text="How much more the left of the mouth does than the right, as a factor; less below 0",
        place=CONTROLS,
        low=-1.0,
        high=1.0,
    )
    smoothing_ms: float = option(
        0.0,
        label="Smoothing (ms)",
        text="Over how many milliseconds motion is averaged; closed lips stay closed",
        word="smoothing",
        place=CONTROLS,
        low=0.0,
        high=200.0,
    )
    offset_ms: float = option(
        0.0,
        label="Time Offset (ms)",
        text="How many milliseconds the motion comes after the sound; before it below 0",
        word="offset",
        place=CONTROLS,
        low=-500.0,
        high=500.0,
    )
    silence_db: float = option(
        SILENT_DB,
        label="Silence (dB)",
        text="Below how many dB, against the loud parts of the sound, the mouth rests; -60 leaves "
        "that to the model",
        word="silence",
        place=CONTROLS,
        low=SILENT_DB,
        high=0.0,
    )
    mouth_only: bool = option(
        False,
        label="Mouth Only",
        text="Move jaw and mouth alone, and leave brows, eyes and cheeks to you",
        place=CONTROLS,
    )
    output: str = option(
        CURVES,
        label="Output",
        text="What is written onto the mesh",
        word="exact",
        place=OUTPUT,
        side_by_side=True,
        switch=EXACT,
        choices={
            CURVES: ("Curves", "A few editable shape keys with light curves"),
            EXACT: ("Exact", "One absolute shape key a frame: exact, heavy and not editable"),
        },
    )
    curves: str = option(
        POSES,
        label="Keys",
        text="Where the curves have keys",
        place=OUTPUT,
        only_if={"output": CURVES},
        side_by_side=True,
        choices={
            POSES: ("Poses", "All shapes are keyed at the same few frames, to be edited by hand"),
            DENSE: ("Dense", "Each shape is keyed wherever it needs it, on its own"),
        },
    )
    tolerance_mm: float = option(
        TOLERANCE_MM,
        label="Tolerance (mm)",
        text="How many mm any vertex may stray for fewer keys; 0 keys every frame. Left as it is, "
        "poses of fast speech may be off by 0.5 mm, so that 9 a second are enough",
        word="tolerance",
        place=OUTPUT,
        only_if={"output": CURVES},
        low=0.0,
        soft_high=1.0,
    )
    edits: str = option(
        KEEP,
        label="My Edits",
        place=OUTPUT,
        text="What becomes of changes to a line that is baked again, where nobody is asked",
        choices={
            KEEP: ("Keep on Top", "Add what was changed to the new curves"),
            REPLACE: ("Replace", "Leave it out, and keep a copy of the action as it is"),
        },
    )
    target: str = option(
        AUTO,
        label="Moves",
        text="What is keyed on a head that could be moved in several ways",
        place=MESH,
        side_by_side=True,
        choices={
            AUTO: (
                "Auto",
                "The bones of its armature, if poses are stored there; its own shape keys, if they "
                "are all that speech needs; else new ones",
            ),
            OWN_KEYS: ("Own Keys", "The shape keys it has: they get curves, and nothing else"),
            OUR_SHAPES: ("New Keys", "Shape keys that are added to it, on a FLAME head"),
            RIG: ("Its Rig", "Bones of its armature, by stored poses, or properties of its rig"),
        },
    )
    shape_map: str = option(
        "",
        label="List of Shapes",
        text="JSON file that says which shape key does what; else their names tell",
        word="map",
        place=LIST,
        of_file=_map_of_file,
    )
    checkpoint: str = option(
        "",
        label="Model",
        place=OUTPUT,
        text="Folder of another trained model; the one that ships if empty",
        folder=True,
    )

    life: float = option(
        0.0,
        label="Life",
        text="How much the face does besides speaking, as a factor: 0 is nothing, 1 what people do",
        low=0.0,
        high=3.0,
        soft_high=1.5,
        place=LIFE,
    )
    life_model: str = option(
        "",
        label="Life Model",
        text="Folder of a trained model that tells eyes, brows and head from the sound, instead of "
        "what is drawn; drawn if empty. Breathing always is",
        folder=True,
        place=LIFE,
    )
    seed: int = option(
        0,
        label="Seed",
        text="What is drawn at random: the same number gives the same life, and the same motion of "
        "models that draw",
        low=0,
        high=2**31 - 1,
        place=LIFE,
    )
    blinks: bool = life_part("Blinks", "Blink, most often at the ends of phrases and in pauses")
    blinks_amount: float = life_amount("Blinks")
    blinks_variation: int = life_variation("Blinks")
    brows: bool = life_part("Brows", "Raise the brows on a share of the accents")
    brows_amount: float = life_amount("Brows")
    brows_variation: int = life_variation("Brows")
    gaze: bool = life_part("Gaze", "Look at whom is spoken with and away, by saccades")
    gaze_amount: float = life_amount("Gaze")
    gaze_variation: int = life_variation("Gaze")
    lids: bool = life_part("Lids", "Let the lids follow eyes that look up")
    lids_amount: float = life_amount("Lids")
    head: bool = life_part(
        "Head", "Sway and nod with the voice; needs an object or a bone that is the head"
    )
    head_amount: float = life_amount("Head")
    head_variation: int = life_variation("Head")
    breathing: bool = life_part(
        "Breathing", "Lift the head a little with each breath, and the chest; needs one of them"
    )
    breathing_amount: float = life_amount("Breathing")
    breathing_variation: int = life_variation("Breathing")
    mood_happy: float = mood_amount("Happy")
    mood_sad: float = mood_amount("Sad")
    mood_angry: float = mood_amount("Angry")
    mood_afraid: float = mood_amount("Afraid")
    mood_surprised: float = mood_amount("Surprised")
    mood_disgusted: float = mood_amount("Disgusted")
    mood_tender: float = mood_amount("Tender")
    mood_tired: float = mood_amount("Tired")
    mood_changes: str = option(
        "",
        label="Changes",
        text="Moods that change during the sound: NAME:AMOUNT@SECOND once or more, as in "
        "happy:0.2@0 happy:1@2.5; eased between, and as the sliders have it before",
        check=_check_changes,
        place=MOOD,
    )

    capture: str = option(
        "",
        label="Recording",
        text="Recorded face whose brows, eyes, cheeks and head stay around the speech: a Live Link "
        "Face CSV, an Audio2Face export or a motion file",
        file=True,
        place=CAPTURE,
    )
    capture_start: float = option(
        0.0,
        label="Start (s)",
        text="Second of the recording at which the sound starts; below 0 if it starts earlier",
        low=-86400.0,
        high=86400.0,
        place=CAPTURE,
    )
    capture_mouth: str = option(
        SPOKEN,
        label="Mouth",
        text="Whose the mouth is: the speech's or the recording's",
        place=CAPTURE,
        choices={
            SPOKEN: ("Spoken", "The mouth is the speech's throughout"),
            PAUSES: ("Recorded in Pauses", "The recorded mouth shows where nothing is said"),
            CAPTURED: ("Recorded", "The recording as it is; the speech moves nothing"),
        },
    )

    @property
    def exact(self) -> bool:
        """Whether one absolute shape key a frame is written instead of curves."""
        return self.output == EXACT

    @property
    def varied_take(self) -> int:
        """The take, or 0 where that is what it comes to."""
        return self.take if self.variation > 0.0 else 0

    @property
    def reduction(self) -> Reduction:
        """How a motion is put into keys."""
        asked = self.tolerance_mm != TOLERANCE_MM
        return Reduction(
            self.tolerance_mm, self.curves, most_a_second=None if asked else MOST_A_SECOND
        )

    @property
    def replace_edits(self) -> bool:
        """Whether what was changed on a line is left out when it is baked again."""
        return self.edits == REPLACE

    def without_head(self) -> "BakeOptions":
        """Return the options of a face with no head to turn, whose eyes need not make up for it."""
        return replace(self, head=False, breathing=False)

    def own(self) -> dict[str, Any]:
        """Return the options that are not at their defaults, by field."""
        defaults = asdict(BakeOptions())
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}


def options() -> dict[str, tuple[Field[Any], Option]]:
    """Return the fields of `BakeOptions` and what is said of each, by name, in order."""
    return {each.name: (each, each.metadata[_KEY]) for each in fields(BakeOptions)}


def names_at(place: str) -> tuple[str, ...]:
    """Return the names of the options that one part of the panel shows."""
    return tuple(name for name, (_, about) in options().items() if about.place == place)


def words() -> dict[str, str]:
    """Return the field that each word of the command line and of tables stands for."""
    return {about.word or name: name for name, (_, about) in options().items()}


TAKE = ("take", "variation")
"""The fields that say which performance it is."""
EXPRESSION = tuple(
    name
    for name, (_, about) in options().items()
    if about.place == MOOD or name in ("life", "life_model") or name.startswith(PARTS)
)
"""The fields that say what a face does besides speaking, but for the seed."""
