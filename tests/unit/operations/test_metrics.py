"""Who may read the figures, and what they are called in the dashboard."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from myoguide.operations import metrics

DASHBOARD = Path(__file__).resolve().parents[3] / "deploy" / "grafana" / "dashboard.json"


def test_nobody_reads_the_figures_unless_the_site_offers_them():
    assert not metrics.is_offered({})
    assert not metrics.is_offered({"MYOGUIDE_METRICS": "0"})
    assert metrics.is_offered({"MYOGUIDE_METRICS": "1"})
    assert metrics.is_offered({"MYOGUIDE_METRICS_TOKEN": "secret"})


def test_with_a_token_only_who_has_it_reads_them_even_if_they_were_open():
    site = {"MYOGUIDE_METRICS": "1", "MYOGUIDE_METRICS_TOKEN": "secret"}
    assert metrics.may_read("Bearer secret", site)
    for wrong in ("", "secret", "Bearer ", "Bearer secret2", "Bearer gehe\u00efm", "\udcff"):
        assert not metrics.may_read(wrong, site)


def test_without_a_token_an_open_site_lets_everybody_read():
    assert metrics.may_read("", {"MYOGUIDE_METRICS": "1"})
    assert not metrics.may_read("", {})


def test_a_warning_is_counted_by_its_logger_and_never_by_its_words():
    record = logging.LogRecord(
        "rasa.core.actions.action", logging.ERROR, __file__, 1, "my son Tom jerks", (), None
    )
    metrics.CountLines().handle(record)
    figures = metrics.exposed().decode()
    assert 'myoguide_log_lines_total{level="error",logger="rasa.core"}' in figures
    assert "Tom" not in figures


def test_every_status_level_and_stage_is_there_before_the_first_message():
    figures = metrics.exposed().decode()
    for status in metrics.STATUSES:
        assert f'myoguide_turns_total{{status="{status}"}}' in figures
    for level in metrics.LEVELS:
        assert f'myoguide_signs_total{{level="{level}"}}' in figures
    for stage in metrics.STAGES:
        assert f'myoguide_stage_seconds_count{{stage="{stage}"}}' in figures


# --- the dashboard


def panels(node: Any) -> Iterator[dict[str, Any]]:
    for panel in node.get("panels", ()):
        yield panel
        yield from panels(panel)


def expressions() -> list[str]:
    board = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in panels(board) for target in panel.get("targets", ())]


def test_the_dashboard_asks_only_for_figures_that_there_are():
    there = set()
    for family in metrics.REGISTRY.collect():
        there |= {family.name} | {sample.name for sample in family.samples}
        there |= {f"{family.name}_total", f"{family.name}_bucket"}
    asked = {name for e in expressions() for name in re.findall(r"\b(?:myoguide|process)_\w+", e)}
    assert asked and asked <= there


def test_the_dashboard_has_every_figure_of_ours():
    families = {f.name for f in metrics.REGISTRY.collect() if f.name.startswith("myoguide_")}
    asked = " ".join(expressions())
    assert [name for name in sorted(families) if name not in asked] == []


def test_panels_have_titles_and_do_not_overlap():
    board = json.loads(DASHBOARD.read_text())
    taken = set()
    for panel in panels(board):
        assert panel["title"]
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
