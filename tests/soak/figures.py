"""What is measured on the way, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression
from typing import NamedTuple

from tests.soak.outcome import Outage

__all__ = ["Figures", "Lag", "Sample"]

_RECOVERY_S = 3.0
"""After an outage: the first attempts to reconnect come after 0.8 to 1.6 s, then 1.6 to 3.2 s."""


class Sample(NamedTuple):
    """The mirror process and its store at one moment. at: seconds since the beginning."""

    at: float
    memory_bytes: int
    store_bytes: int
    files: int
    threads: int
    cpu_s: float


class Lag(NamedTuple):
    """cluster: where a canary was written. sent, seen: wall seconds."""

    cluster: str
    sent: float
    seen: float

    @property
    def seconds(self) -> float:
        return self.seen - self.sent


@dataclass
class Figures:
    samples: list[Sample] = field(default_factory=list)
    lags: list[Lag] = field(default_factory=list)

    def growth(self, value: Callable[[Sample], float]) -> float:
        """By how much it grows in the second half, going by the regression line; and never mind its noise."""
        half = self.samples[len(self.samples) // 2 :]
        line = linear_regression([sample.at for sample in half], [value(sample) for sample in half])
        return line.slope * (half[-1].at - half[0].at)

    def connected(self, outages: Sequence[Outage]) -> list[float]:
        """The lags of what was written while the cluster could be reached, sorted."""
        return sorted(lag.seconds for lag in self.lags if not _during(lag, outages))

    def cpu_share(self) -> float:
        first, last = self.samples[0], self.samples[-1]
        return (last.cpu_s - first.cpu_s) / (last.at - first.at)

    def report(self, outages: Sequence[Outage]) -> str:
        lags, last = self.connected(outages), self.samples[-1]
        p50, p99, most = (percentile(lags, part) * 1e3 for part in (0.5, 0.99, 1.0))
        return "\n".join(
            [
                f"Soak of {last.at:.0f} s: {len(self.samples)} samples, {len(outages)} outages",
                f"  lag of {len(lags)} canaries {p50:8.0f} ms p50, {p99:.0f} ms p99, {most:.0f} ms at most",
                f"  left out: in an outage     {len(self.lags) - len(lags):8}",
                f"  CPU of the mirror          {self.cpu_share():8.1%} of a core",
                _line("memory", self, lambda sample: sample.memory_bytes / 1e6, "MB"),
                _line("store with its log", self, lambda sample: sample.store_bytes / 1e6, "MB"),
                _line("open files", self, lambda sample: sample.files, ""),
                _line("threads", self, lambda sample: sample.threads, ""),
            ]
        )


def percentile(ordered: Sequence[float], part: float) -> float:
    return ordered[int((len(ordered) - 1) * part)]


def _line(name: str, figures: Figures, value: Callable[[Sample], float], unit: str) -> str:
    values = [value(sample) for sample in figures.samples]
    halfway = values[len(values) // 2]
    return (
        f"  {name:26} {values[0]:8.1f} → {halfway:.1f} → {values[-1]:.1f} {unit}, most {max(values):.1f}, "
        f"second half {figures.growth(value):+.2f}"
    )


def _during(lag: Lag, outages: Sequence[Outage]) -> bool:
    return any(
        outage.cluster == lag.cluster and outage.began - 1.0 <= lag.sent <= outage.ended + _RECOVERY_S
        for outage in outages
    )
