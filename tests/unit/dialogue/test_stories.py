"""Every rule is played by a story of ``tests/test_stories.yml``."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


def moves(steps):
    """Intents and actions in their order."""
    return [(kind, step[kind]) for step in steps for kind in ("intent", "action") if step.get(kind)]


RULES = [
    pytest.param(rule, id=rule["rule"])
    for path in sorted((ROOT / "data" / "dialogue").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text("utf-8")).get("rules") or ()
]
STORIES = yaml.safe_load((ROOT / "tests" / "test_stories.yml").read_text("utf-8"))["stories"]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_played_by_a_story(rule):
    wanted = moves(rule["steps"])
    in_check = any("active_loop" in condition for condition in rule.get("condition", ()))
    for story in STORIES:
        played = moves(story["steps"])
        if in_check and ("action", "self_check_form") not in played:
            continue
        if any(played[i : i + len(wanted)] == wanted for i in range(len(played))):
            return
    pytest.fail(f"no story plays {wanted}")
