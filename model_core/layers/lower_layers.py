"""Lower layers of a frozen speech encoder, added to its last one.

A recogniser's last layer leans to words; layers below still know how they were spoken. Each channel
of the last layer gets its own mix of theirs. The matrix begins at zero, so a network that hears
them for the first time is what it was.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from .standardise import Standardise


class LowerLayers(nn.Module):
    """Adds a linear map of lower layers (lower,) to the last layer's channels (layer,).

    Args:
        lower: channels of the lower layers together.
        layer: channels of the last one, the first of what they are added to.
    """

    def __init__(self, lower: int, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.standardise = Standardise(lower)
        self.mix = nn.Linear(lower, layer, bias=False)
        nn.init.zeros_(self.mix.weight)

    def forward(self, heard: Tensor, below: Tensor) -> Tensor:
        """(..., C) and (..., lower) -> (..., C), whose first channels are mixed."""
        mixed = self.mix(self.standardise(below))
        return heard + F.pad(mixed, (0, heard.shape[-1] - self.layer))
