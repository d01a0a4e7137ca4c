"""How answers in people's own words are read."""

import pytest

from myoguide.safety.self_check import load_self_check

CHECK = load_self_check()

READ = {
    "danger": {
        "none": ["no", "nope nothing like that", "none", "no none of those", "i dont think so"],
        None: ["yes", "maybe", "what do you mean"],
    },
    "person": {
        "child": ["he's two", "my daughter is 8", "my son", "7"],
        "baby": ["2 months", "my 3 month old", "our newborn"],
        "teenager": ["16", "i am 15", "a teenager"],
        "me": ["me, 34", "im 45", "myself"],
        "adult": ["my mum shes 70", "it's for my wife", "a friend of mine"],
        None: ["purple"],
    },
    "when": {
        "falling_asleep": ["when i'm falling asleep", "just as i drop off", "at bedtime"],
        "asleep": ["in his sleep", "during the night"],
        "waking": ["in the mornings when i get up", "soon after he wakes"],
        "rest": ["awake", "sitting on the sofa"],
        "moving": ["when i reach for my cup", "when moving"],
        "startle": ["when someone slams a door", "loud noises"],
        "effort": ["after football", "after the gym"],
        "any": ["all the time", "no pattern really", "totally random"],
    },
    "where": {
        "face": ["left eyelid"],
        "leg": ["my calf"],
        "arm": ["thumb"],
        "whole": ["all over"],
        "several": ["arms and legs", "jumps around"],
        "hiccup": ["its hiccups"],
        "ear": ["clicking in my ear"],
    },
    "often": {
        "daily": ["every night"],
        "once": ["once", "hardly ever", "now and then"],
        "weekly": ["a few times a week", "3 times a week"],
        "often": ["20 times a day", "all day long"],
        "long": ["goes on for 10 minutes"],
        "clusters": ["in clusters", "several in a row"],
    },
    "since": {
        "weeks": ["three weeks", "about a fortnight", "2 months ago"],
        "days": ["since monday", "yesterday", "for 10 days"],
        "months": ["years", "since i was a kid", "5 years", "last summer"],
        "today": ["today", "this morning"],
    },
    "noticed": {
        "none": ["no", "nothing else", "no weakness, no numbness"],
        "weak": ["my hand is weak"],
        "worse": ["no weakness but it's getting worse"],
        "wakes": ["it wakes me up"],
        "family": ["my dad has it too"],
        "decline": ["she's been muddled and falling over", "trouble walking"],
        None: ["im tired a lot"],
    },
    "medicine": {
        "none": ["none", "no", "not taking anything"],
        "new": ["sertraline started last week", "started propranolol"],
        "steady": ["same pills for years"],
        "stopped": ["i stopped my diazepam on friday"],
        None: ["ramipril and atorvastatin"],
    },
    "recent": {
        "none": ["no", "none of these"],
        "alcohol": ["two beers a day", "whisky most nights"],
        "stopped_alcohol": ["i gave up drinking on sunday"],
        "ill": ["had covid last month"],
        "epilepsy": ["she is epileptic"],
        None: ["a glass of wine at weekends"],
    },
    "tried": {"nothing": ["nothing", "no not yet"], None: ["magnesium, helped a bit"]},
}
CASES = [
    (step, text, value)
    for step, answers in READ.items()
    for value, texts in answers.items()
    for text in texts
]


@pytest.mark.parametrize(("step", "text", "value"), CASES)
def test_an_answer_in_own_words_is_read(step, text, value):
    assert CHECK.read(step, text) == value


BUTTONS = [
    (step.id, option.id, text)
    for step in CHECK.steps.values()
    for option in step.options
    for text in (option.title, option.says, option.says.upper() + ".")
]


@pytest.mark.parametrize(("step", "value", "text"), BUTTONS)
def test_a_button_means_itself_and_nothing_else(step, value, text):
    assert CHECK.read(step, text) == value
    assert CHECK.control(step, text) is None


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("stop", "stop"),
        ("i want to stop", "stop"),
        ("cancel", "stop"),
        ("go back", "back"),
        ("previous question", "back"),
        ("skip", "unknown"),
        ("dunno", "unknown"),
        ("I don't know", "unknown"),
        ("no idea", "unknown"),
        ("i'd rather not say", "unknown"),
        ("why do you ask?", "why"),
        ("why", "why"),
        ("it doesn't stop", None),
    ],
)
@pytest.mark.parametrize("step", CHECK.steps)
def test_words_about_the_check_itself_work_at_every_step(step, text, control):
    assert CHECK.control(step, text) == control


def test_a_body_part_is_not_a_wish_to_go_back():
    assert CHECK.control("where", "back") is None
    assert CHECK.read("where", "back") == "trunk"


def test_a_doubtful_answer_is_an_answer():
    assert CHECK.control("where", "not sure, maybe the arm") is None
    assert CHECK.read("where", "not sure, maybe the arm") == "arm"


def test_no_idea_is_not_a_no_to_the_dangerous_signs():
    assert CHECK.control("danger", "no idea") == "unknown"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("our newborn jerks as she falls asleep", {"person": "baby", "when": "falling_asleep"}),
        ("my eyelid has been twitching for three weeks", {"where": "face", "since": "weeks"}),
        ("can babies twitch when awake", {}),
        ("what is a tic", {}),
        ("thanks", {}),
    ],
)
def test_what_is_told_in_free_talk_is_taken_over_and_what_is_only_asked_is_not(text, told):
    assert CHECK.told(text) == told


def test_an_empty_message_answers_nothing():
    assert all(CHECK.read(step, "") is None for step in CHECK.steps)
