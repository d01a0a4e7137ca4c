"""Every example of signs.yml shows its sign, every counter-example does not."""

import pytest

from myoguide.safety import Screening, load

PROTOCOL = {
    "emergency": (
        "seizure_prolonged seizure_cluster seizure_first seizure_injury_or_breathing unresponsive "
        "stroke_signs head_or_spine_injury cord_compression poisoning_or_overdose "
        "serotonin_or_drug_reaction meningitis_or_encephalitis confusion_with_flapping eclampsia "
        "hypoxia cannot_breathe_or_swallow withdrawal infant_unwell low_sugar tetanus "
        "other_emergency self_harm"
    ),
    "urgent": (
        "infantile_spasms infant_awake_jerks opsoclonus seizure_recovered epilepsy_worse "
        "new_medicine asterixis_alone rapid_decline spinal_signs cancer_history"
    ),
    "routine": (
        "persistent_twitch weak_or_stiff_muscle frequent_or_worsening morning_jerks family_history "
        "hiccups_48h ear_clicking child_jerks medicine_question"
    ),
}

EXAMPLES = [(s.id, e) for s in load().signs.values() for e in s.examples]
COUNTER_EXAMPLES = [(s.id, e) for s in load().signs.values() for e in s.counter_examples]


def shown(screening: Screening) -> set[str]:
    return {sign.id for sign in screening.signs}


def name(value):
    return value if isinstance(value, str) else value[-1][:60]


@pytest.mark.parametrize(("sign", "conversation"), EXAMPLES, ids=name)
def test_an_example_shows_its_sign(cautious, sign, conversation):
    *earlier, text = conversation
    assert sign in shown(cautious(text, earlier))


@pytest.mark.parametrize(("sign", "conversation"), COUNTER_EXAMPLES, ids=name)
def test_a_counter_example_does_not_show_the_sign(shipped, sign, conversation):
    *earlier, text = conversation
    assert sign not in shown(shipped(text, earlier))


@pytest.mark.parametrize("level", PROTOCOL)
def test_every_sign_of_the_protocol_has_an_entry_at_its_level(shipped, level):
    entries = {s.id for s in shipped.signs.values() if s.level == level}
    assert entries == set(PROTOCOL[level].split())


def test_an_emergency_reply_has_at_most_three_steps_and_names_the_number(shipped):
    for sign in shipped.signs.values():
        if sign.level == "emergency":
            assert 1 <= len(sign.say["steps"]) <= 3, sign.id
            assert "{emergency_number}" in sign.say["call"], sign.id


def test_a_sign_reports_the_words_that_showed_it(cautious):
    screening = cautious("hubby's been shaking on the floor for ages and wont answer me")
    assert screening.level == "emergency"
    assert "shaking on the floor" in " ".join(screening.signs[0].words)
