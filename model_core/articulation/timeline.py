"""Timed phones as an unbroken timeline."""

from collections.abc import Sequence

from ..speech.phones import PAUSE, Phone, merge_pauses


def fill_pauses(phones: Sequence[Phone], duration: float) -> list[Phone]:
    """Phones (in time order) from 0 to at least `duration` seconds; the time between is pauses."""
    timeline: list[Phone] = []
    reached = 0.0
    for phone in phones:
        if phone.start > reached:
            timeline.append(Phone(PAUSE, reached, phone.start))
        if phone.end > phone.start:
            timeline.append(phone)
        reached = max(reached, phone.end)
    if reached < duration or not timeline:
        timeline.append(Phone(PAUSE, reached, max(duration, reached)))
    return merge_pauses(timeline)
