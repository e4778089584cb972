"""What every loop of the mirror works with; one value instead of five arguments."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mirror.clock import Clock
from mirror.flux.redaction import Redactor
from mirror.settings import MirrorSettings
from mirror.store.writer import Writer

__all__ = ["Tools"]


@dataclass(frozen=True, slots=True)
class Tools:
    """Where records go, what cleans them, and time and dice as arguments."""

    writer: Writer
    redactor: Redactor
    settings: MirrorSettings
    clock: Clock
    random: Random
