"""Units and how they count: metres inside, millimetres in reports, frames and seconds."""

MM_PER_M = 1000.0
MS_PER_S = 1000.0


def frame_count(seconds: float, fps: float) -> int:
    """Number of frames of a clip: frame k is at k / fps, at least one."""
    return max(1, round(seconds * fps))
