"""The safety screen as pure functions: text in, signs with levels and reasons out."""

from myoguide.safety.screen import Screen, Screening, Shown, load, screen

__all__ = ["Screen", "Screening", "Shown", "load", "screen"]
