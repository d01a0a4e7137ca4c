"""Which language a message is written in, and what the component makes of it."""

from pathlib import Path

import pytest
import yaml
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from myoguide.knowledge import load_pack
from myoguide.nlu.graph import LANGUAGE, set_intent, set_slot_carrier
from myoguide.nlu.language import LATIN, NOT_LATIN, OTHER, LanguageDetector, detect

FOREIGN = [
    (code, text)
    for code, texts in yaml.safe_load(
        (Path(__file__).parent / "languages.yml").read_text(encoding="utf-8")
    ).items()
    for text in texts
]
# Small talk that English speakers borrow.
BORROWED = {"merci", "gracias", "danke"}


def english_examples() -> list[str]:
    """Every example question of the content pack that is meant to be English."""
    files = [*Path("data/topics").glob("*.yml"), *Path("data/dialogue").glob("*.yml")]
    texts = []
    for file in files:
        if file.name == "languages.yml":
            continue
        for block in yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader).get("nlu") or []:
            texts += [line.strip()[2:] for line in (block.get("examples") or "").splitlines()]
    return texts


def test_no_more_than_one_english_example_in_two_thousand_is_taken_for_another_language():
    texts = english_examples()
    taken = [text for text in texts if detect(text) and text not in BORROWED]
    assert len(texts) > 15_000
    assert len(taken) <= 0.0005 * len(texts), taken


def test_messages_of_three_words_are_recognised():
    long = [(code, text) for code, text in FOREIGN if len(text.split()) >= 3]
    missed = [(code, text) for code, text in long if detect(text) != code]
    assert len(FOREIGN) >= 400
    assert len(missed) <= 0.05 * len(long), missed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hola", "es"),
        ("merci", "fr"),
        ("danke", "de"),
        ("grazie", "it"),
        ("obrigado", "pt"),
        ("cześć", "pl"),
        ("teşekkürler", "tr"),
        ("bedankt", "nl"),
        ("mulțumesc", "ro"),
        ("спасибо", "ru"),
        ("дякую", "uk"),
        ("你好", "zh"),
        ("ευχαριστώ", "el"),
    ],
)
def test_a_single_unmistakable_word_is_enough(text, code):
    assert detect(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "wot is it",
        "hypnic jerk ja?",
        "myoclonus",
        "clonazepam",
        "siesta twitch",
        "och aye ma leg's fair loupin",
        "dinnae ken whit's wrang wi ma een",
        "abeg wetin dey cause am",
        "mi foot a jump up inna di night",
        "palatal myoclonus",
        "epilepsia partialis continua",
        "status epilepticus",
        "Gilles de la Tourette",
        "Unverricht-Lundborg",
        "levetiracetam vs valproate",
        "my abuela has jerks in her sleep",
        "danke for the help",
        "hola, why does my eye twitch",
        "que sera sera",
        "c'est la vie",
        "no no no",
        "la la la",
        "ok",
        "y do i jrk",
        "cnt slp coz leg jmps",
        "β-blocker or Δ9-THC for tremor?",
        "is it α?",
        "my son's name is Володя, why does he twitch",
        "asdfgh qwerty",
        "",
        "?!",
        "😀😀",
        "12 34",
    ],
)
def test_odd_english_names_and_medical_latin_stay_english(text):
    assert detect(text) is None


def test_every_language_has_its_reply_with_the_number_in_it_and_in_english():
    replies = {reply.name: reply.text for reply in load_pack("data").replies}
    for code in (*LATIN, *NOT_LATIN):
        reply = replies[f"utter_scope/language_{code}"]
        assert reply.count("{emergency_number}") == 2
        assert reply.endswith("I only speak English. In an emergency call {emergency_number}.")
    assert f"utter_scope/language_{OTHER}" in replies


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector({})


def read(detector: LanguageDetector, text: str, intent: str | None = None) -> Message:
    message = Message({TEXT: text})
    if intent:
        set_intent(message, intent)
    return detector.process([message])[0]


def slot(message: Message) -> str | None:
    return {e["entity"]: e["value"] for e in message.get(ENTITIES) or []}.get(LANGUAGE)


def test_a_message_in_another_language_is_marked(detector):
    message = read(detector, "me salta el párpado")
    assert message.get(LANGUAGE) == "es"
    assert slot(message) == "es"


def test_a_language_without_a_reply_of_its_own_gets_the_general_one(detector):
    message = read(detector, "まぶたがピクピクします")
    assert message.get(LANGUAGE) == OTHER
    assert slot(message) == "en"


def test_english_is_not_marked_and_resets_the_slot(detector):
    message = read(detector, "why does my eyelid twitch")
    assert message.get(LANGUAGE) is None
    assert slot(message) == "en"


def test_an_escalation_keeps_its_reply_and_learns_the_language(detector):
    message = read(detector, "mi padre no respira", intent="emergency")
    assert message.get(LANGUAGE) is None
    assert slot(message) == "es"


def test_what_the_screen_read_stays_where_the_detector_is_unsure(detector):
    message = Message({TEXT: "ictus!"})
    set_intent(message, "emergency")
    set_slot_carrier(message, LANGUAGE, "it", "SafetyScreen")
    assert slot(detector.process([message])[0]) == "it"
