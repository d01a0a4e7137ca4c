"""The figures as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from myoguide.insights import plots
from myoguide.insights.figures import FEWEST, Figures
from myoguide.insights.not_understood import DAYS, VARIABLE

TEMPLATE = "page.html"


def page(figures: Figures) -> str:
    """The page's HTML; every text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(bars=_marked(plots.bars), columns=_marked(plots.columns))
    ends = (figures.periods[0].isoformat(), figures.periods[-1].isoformat())
    return environment.get_template(TEMPLATE).render(
        figures=figures,
        ends=ends,
        fewest=FEWEST,
        days_kept=DAYS,
        keep_variable=VARIABLE,
    )


def _marked(plot):
    """A plot for the template; it escapes its texts itself."""
    return lambda *arguments: Markup(plot(*arguments))
