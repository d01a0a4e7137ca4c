"""How a finding is meant: whom it is about, when, and whether it is told at all."""

import pytest


def read(shipped, text, finding):
    found = [f for f in shipped(text).findings if f.id == finding]
    assert found, f"'{finding}' was not found in: {text}"
    return found[0]


@pytest.mark.parametrize(
    ("text", "finding", "whether"),
    [
        ("I did not pass out", "fainted", "negated"),
        ("no fever, rash or stiff neck", "stiff_neck", "negated"),
        ("never had a seizure", "convulsion", "negated"),
        ("dont have a fever", "fever", "negated"),
        ("she cannot breathe", "trouble_breathing", "told"),
        ("it will not stop and I have chest pain", "life_threat", "told"),
        ("no pain just weakness in my legs", "leg_weakness", "told"),
        ("I do not know if this is a seizure", "convulsion", "uncertain"),
        ("he is not waking and he is blue", "blue", "told"),
        ("Is passing out a sign of epilepsy?", "fainted", "asked"),
        ("what are the signs of a seizure", "convulsion", "asked"),
        ("why is my son shaking on the floor", "convulsion", "told"),
        ("is it normal that she has gone blue", "blue", "told"),
        ("what if he passes out again?", "fainted", "told"),
        ("what if he passes out?", "fainted", "hypothetical"),
        ("could stopping my clonazepam cause a seizure", "convulsion", "hypothetical"),
        ("in my novel he has a seizure", "convulsion", "unreal"),
        ("for my nursing exam: a patient has a seizure", "convulsion", "unreal"),
        ("my late father had epilepsy and died in a seizure", "convulsion", "other"),
        ("I think he passed out", "fainted", "uncertain"),
    ],
)
def test_whether_a_finding_is_told(shipped, text, finding, whether):
    assert read(shipped, text, finding).whether == whether


@pytest.mark.parametrize(
    ("text", "finding", "when"),
    [
        ("when I was five I had a seizure", "convulsion", "history"),
        ("I fainted twenty years ago", "fainted", "history"),
        ("I fainted three weeks ago", "fainted", "earlier"),
        ("I fainted last night", "fainted", "now"),
        ("he had a seizure an hour ago", "convulsion", "now"),
        ("he had a seizure", "convulsion", "unknown"),
    ],
)
def test_when_a_finding_was(shipped, text, finding, when):
    assert read(shipped, text, finding).when == when


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("I passed out", "self"),
        ("my husband passed out", "in_care"),
        ("a stranger has passed out in front of us", "in_care"),
        ("my late uncle passed out often", "other"),
    ],
)
def test_whom_a_finding_is_about(shipped, text, who):
    assert read(shipped, text, "fainted").who == who


@pytest.mark.parametrize(
    "text",
    [
        "this cramp is killing me",
        "I nearly died of embarrassment",
        "I could die laughing",
        "dead tired",
        "knocked out by the flu shot",
        "fighting fit",
        "he had a coughing fit",
    ],
)
def test_an_idiom_is_no_sign(shipped, text):
    assert shipped(text).level == "none"


def test_a_usual_fit_in_known_epilepsy_is_not_an_emergency(shipped):
    text = "my son has epilepsy, he had one of his usual seizures this morning and is fine now"
    assert shipped(text).level == "none"


def test_a_long_fit_in_known_epilepsy_is_an_emergency(shipped):
    text = "my son has epilepsy and has been fitting for ten minutes"
    assert shipped(text).sign == "seizure_prolonged"
