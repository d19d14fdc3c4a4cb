"""Arguments of ``train`` that only the paper's recipes read."""

import argparse

from ..models.talking_head.options import PaperOptions

_CHOICES = {
    "arrangement": ("M-MoE", "MoE-MoE", "M-M", "MoE-M"),
    "rope": ("rope", "lrl-rope"),
    "precision": ("no", "bf16", "fp16"),
}
_HELP = {
    "arrangement": "of the layers, as in Table 2",
    "rope": "rotary embedding: plain, or low-rank learned",
    "width": "d_model (default: the preset's)",
    "heads": "query heads (default: the preset's)",
    "kv_heads": "key and value heads (default: the preset's)",
    "autoregressive": "eq. 1 as written: each frame sees the one before",
    "encoder": 'folder or hub id of a wav2vec 2.0, or "bundled"',
    "freeze_encoder": "keep the encoder's weights; its features are computed once",
    "recogniser": "folder or hub id of a CTC recogniser: train with the lip reader",
    "lips": "index list of the lip reader's vertices, FILE or FILE:MASK",
    "epochs": "passes over the training sentences",
    "learning_rate": "of Adam",
    "accumulate": "sentences a step, in each process",
    "precision": "mixed precision on a GPU",
    "compile": "compile the model with torch.compile",
}
_WHOLE = ("width", "heads", "kv_heads", "epochs", "accumulate")


def add_paper_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe an argument for each of `PaperOptions`, with its default."""
    group = parser.add_argument_group("vocaset, biwi and motions; the defaults are the paper's")
    for name, text in _HELP.items():
        flag, default = f"--{name.replace('_', '-')}", getattr(PaperOptions, name)
        if isinstance(default, bool):
            group.add_argument(flag, action="store_true", help=text)
            continue
        kind = int if name in _WHOLE else float if isinstance(default, float) else str
        shown = text if default is None else f"{text} (default {default})"
        group.add_argument(flag, type=kind, default=default, choices=_CHOICES.get(name), help=shown)


def paper_options(args: argparse.Namespace) -> PaperOptions:
    """Return the options that arguments give."""
    return PaperOptions(**{name: getattr(args, name) for name in _HELP})
