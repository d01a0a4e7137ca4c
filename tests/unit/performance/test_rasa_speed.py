"""Each change of Rasa's internals: it is still in place, still needed, and changes no result."""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from jsonschema import ValidationError
from rasa.core import processor
from rasa.core.actions.action import RemoteAction
from rasa.core.policies import rule_policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import TarSafe
from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import ListSlot, Slot
from rasa.shared.exceptions import YamlException
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.formats.rasa_yaml import NLU_SCHEMA_FILE
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils import io, validation
from rasa.utils.endpoints import EndpointConfig

from myoguide import rasa_speed

NLU = """version: "3.1"
nlu:
- intent: ask/sleep.cause
  examples: |
    - why do i jerk
    - why do i twitch
responses:
  utter_ask/sleep.cause:
  - text: {text}
"""


def data(*texts: str, answer: str = "Because.") -> TrainingData:
    examples = [Message.build(text, "ask/sleep.cause") for text in texts]
    return TrainingData(examples, responses={"utter_ask/sleep.cause": [{"text": answer}]})


def without_changes(code: str) -> str:
    """What Rasa says by itself, in a process of its own."""
    code = (
        f"import sys\nfrom myoguide import rasa_speed\nsys.meta_path = [f for f in sys.meta_path "
        f"if type(f) is not rasa_speed._Finder]\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "owner, name",
    [
        (io, "read_yaml"),
        (validation, "validate_yaml_schema"),
        (Message, "fingerprint"),
        (Domain, "persist"),
        (Domain, "is_empty"),
        (DaskGraphRunner, "run"),
        (Slot, "__copy__"),
        (RulePolicy, "_get_possible_keys"),
        (TrainingData, "merge"),
        (TrainingData, "sanitize_examples"),
        (TrainingData, "fingerprint"),
        (RemoteAction, "_validate_action_result"),
        (EndpointConfig, "session"),
        (processor.MessageProcessor, "handle_message"),
    ],
)
def test_what_is_changed_is_what_rasa_uses(owner, name):
    assert getattr(owner, name).__module__ == rasa_speed.__name__


def test_no_module_of_rasa_is_imported_at_start():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print([m for m in sys.modules if m[:5] == 'rasa.'])"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"


def test_every_file_of_the_project_reads_as_rasa_reads_it():
    files = sorted(map(str, [*Path("data").rglob("*.yml"), Path("domain.yml")]))
    code = (
        "from rasa.shared.utils import io\n"
        "assert io.read_yaml.__module__ == 'rasa.shared.utils.io'\n"
        f"print(io.get_text_hash(repr([io.read_yaml_file(f) for f in {files!r}])))"
    )
    ours = io.get_text_hash(repr([io.read_yaml_file(file) for file in files]))
    assert ours == without_changes(code)


def test_a_caller_may_change_what_it_has_read():
    io.read_yaml("a: [1]")["a"].append(2)
    assert io.read_yaml("a: [1]") == {"a": [1]}


def test_an_environment_variable_is_read_anew(monkeypatch):
    for value in ("one", "two"):
        monkeypatch.setenv("MYOGUIDE_TEST", value)
        assert io.read_yaml("url: ${MYOGUIDE_TEST}") == {"url": value}


def test_a_faulty_file_is_named_with_its_line():
    faulty = NLU.format(text="1").replace("- text: 1", "- txt: 1\n    buttons: 5")
    with pytest.raises(YamlException) as fault:
        validation.validate_yaml_schema(faulty, NLU_SCHEMA_FILE)
    assert "line" in str(fault.value).lower()


def test_a_sound_file_is_read_once_only(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "ruamel.yaml.YAML.load", lambda self, text: calls.append(text) or {"nlu": []}
    )
    for _ in range(3):
        io.read_yaml("nlu: []  # only for this test")
    assert len(calls) == 1


def test_merged_data_is_what_rasa_merges():
    def said(*texts: str) -> TrainingData:
        return TrainingData([Message.build(text, "ask/sleep.cause") for text in texts])

    first, second = said("why do i jerk", "jumps "), said("why do i jerk", "twitching")
    merged = first.merge(second, None)
    assert [m.get("text") for m in merged.training_examples] == [
        "why do i jerk",
        "jumps ",
        "twitching",
    ]
    code = (
        "from rasa.shared.nlu.training_data.message import Message as M\n"
        "from rasa.shared.nlu.training_data.training_data import TrainingData as T\n"
        "d = lambda *x: T([M.build(t, 'ask/sleep.cause') for t in x])\n"
        "m = d('why do i jerk', 'jumps ').merge(d('why do i jerk', 'twitching'))\n"
        "print([e.data for e in m.training_examples])"
    )
    assert str([e.data for e in merged.training_examples]) == without_changes(code)


def test_an_example_has_another_fingerprint_once_anything_in_it_changes():
    message = Message.build("why", "ask/sleep.cause")
    seen = {message.fingerprint(), Message.build("why", "ask/sleep.cause").fingerprint()}
    assert len(seen) == 1
    message.set("intent", "other")
    seen.add(message.fingerprint())
    message.add_features(Features(np.ones((1, 3)), "sentence", "text", "test"))
    seen.add(message.fingerprint())
    assert len(seen) == 3


def test_a_domain_that_was_written_reads_as_it_was(tmp_path):
    domain = Domain.load("domain.yml")
    reply = {"utter_test": [{"text": 'It\u2019s\nok \U0001f642 \\ "so" {name}: # yes'}]}
    domain = domain.merge(Domain.from_dict({"responses": reply}))
    domain.persist(tmp_path / "domain.yml")
    again = Domain.from_path(tmp_path)
    assert again.as_dict() == domain.as_dict()
    assert again.fingerprint() == domain.fingerprint()


def test_an_intent_with_spaces_around_it_is_still_cleaned():
    message = Message.build("why", "ask")
    message.set("intent", " ask ")
    assert TrainingData([message]).training_examples[0].get("intent") == "ask"


def test_a_changed_answer_is_nothing_new_to_learn_but_a_changed_example_is():
    assert data("why", answer="One.").fingerprint() == data("why", answer="Two.").fingerprint()
    assert data("why").fingerprint() != data("why not").fingerprint()
    assert data("why", answer="One.").responses["utter_ask/sleep.cause"] == [{"text": "One."}]


def test_nothing_here_learns_from_responses():
    # A ResponseSelector would; then the fingerprint has to see responses again.
    assert "ResponseSelector" not in Path("config.yml").read_text()


def test_a_sound_reply_of_the_action_server_is_accepted_and_a_faulty_one_refused():
    action = RemoteAction("action_answer", None)
    sound = {"events": [{"event": "slot", "name": "status", "value": "answered"}], "responses": []}
    assert action._validate_action_result(copy.deepcopy(sound))
    with pytest.raises(ValidationError, match="Action server response"):
        action._validate_action_result({"events": [], "responses": ["text"]})


def test_calls_of_the_action_server_share_a_session_that_outlives_them():
    async def sessions():
        endpoint = EndpointConfig("http://127.0.0.1:1/webhook")
        async with endpoint.session() as first:
            pass
        async with endpoint.session() as second:
            pass
        open_still = not second.closed
        await second.close()
        async with endpoint.session() as third:
            pass
        await third.close()
        return first, second, third, open_still

    first, second, third, open_still = asyncio.run(sessions())
    assert first is second and open_still
    assert third is not second


def test_an_idle_connection_is_closed_by_us_before_the_action_server_does():
    from sanic.config import DEFAULT_CONFIG

    async def keep_alive():
        async with EndpointConfig("http://127.0.0.1:1/webhook").session() as session:
            kept = session.connector._keepalive_timeout
            await session.close()
            return kept

    assert asyncio.run(keep_alive()) < DEFAULT_CONFIG["KEEP_ALIVE_TIMEOUT"]


def test_only_a_domain_without_anything_is_empty():
    assert Domain.empty().is_empty()
    assert not Domain.from_yaml("intents: [ask]").is_empty()
    assert not Domain.from_yaml("responses: {utter_a: [{text: b}]}").is_empty()
    assert not Domain.from_yaml("slots: {a: {type: any, mappings: []}}").is_empty()


class Noting:
    """Stands in for a graph's node: says what it was given, and in which order nodes ran."""

    def __init__(self, name, ran):
        self.name, self.ran = name, ran

    def __call__(self, *given):
        self.ran.append(self.name)
        return self.name, (self.name, *given)


@pytest.fixture
def runner():
    needs = {
        "last": {"a": "right", "b": "left", "c": "text"},
        "right": {"a": "first"},
        "left": {"a": "first", "b": "text"},
        "first": {"a": "text"},
        "unasked": {"a": "first"},
    }
    schema = GraphSchema(
        {
            name: SchemaNode(
                needs=of, uses=object, constructor_name="", fn="", config={}, is_target=False
            )
            for name, of in needs.items()
        }
    )
    made = object.__new__(DaskGraphRunner)
    made.ran = []
    made._graph_schema, made._execution_context = schema, None
    made._instantiated_nodes = {name: Noting(name, made.ran) for name in needs}
    return made


def test_a_graph_gives_what_dask_gives(runner):
    import dask

    graph = runner._build_dask_graph(runner._graph_schema.minimal_graph_schema(["last"]))
    runner._add_inputs_to_graph({"text": "hello"}, graph)
    wanted = dict(dask.get(graph, ["last"]))
    assert runner.run({"text": "hello"}, ["last"]) == wanted
    assert runner.run({"text": "again"}, ["last"]) != wanted


def test_a_node_runs_once_after_those_it_needs_and_only_if_it_is_needed(runner):
    runner.run({"text": "hello"}, ["last"])
    assert sorted(runner.ran) == ["first", "last", "left", "right"]
    assert runner.ran[0] == "first"
    assert runner.ran[-1] == "last"


def test_a_missing_input_is_handed_on_by_its_name(runner):
    assert runner.run({}, ["first"]) == {"first": ("first", "text")}


def test_an_error_in_a_node_is_an_error_of_the_run(runner):
    def broken(*_):
        raise RuntimeError("broken")

    runner._instantiated_nodes["left"] = broken
    with pytest.raises(GraphRunError):
        runner.run({"text": "hello"}, ["last"])


def test_a_model_is_packed_with_little_effort_and_opens_as_ever(tmp_path):
    (tmp_path / "numbers").write_bytes(bytes(range(256)) * 4000)
    with TarSafe.open(tmp_path / "model.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "numbers", arcname="numbers")
    # The ninth byte of a gzip file tells the effort: 4 for the least.
    assert (tmp_path / "model.tar.gz").read_bytes()[8] == 4
    with TarSafe.open(tmp_path / "model.tar.gz", "r:gz") as packed:
        assert packed.extractfile("numbers").read() == (tmp_path / "numbers").read_bytes()


def test_a_copied_slot_is_another_slot_with_the_same_value():
    slot = ListSlot("signs", [])
    slot.value = ["fever"]
    same = copy.copy(slot)
    assert type(same) is ListSlot
    assert same.value is slot.value
    assert vars(same) == vars(slot)
    same.value = []
    assert slot.value == ["fever"]


@pytest.mark.parametrize("module", [processor, rule_policy])
def test_copies_are_spared_only_where_they_go_into_the_log(module):
    lines = Path(module.__file__).read_text().splitlines()
    value = []
    assert module.copy.deepcopy(value) is value
    copied = [number for number, line in enumerate(lines) if "copy." in line]
    assert copied
    for number in copied:
        before = "\n".join(lines[number - 8 : number + 1])
        assert "structlogger.debug(" in before


class Encoder:
    def __init__(self, error=None):
        self.begun, self.error = [], error

    def begin(self, text):
        if self.error:
            raise self.error
        self.begun.append(text)


@pytest.mark.parametrize("text, begun", [("my lid", ["my lid"]), ("/menu", []), (None, [])])
def test_the_encoder_sets_out_before_the_conversation_is_read(monkeypatch, text, begun):
    encoder = Encoder()
    monkeypatch.setattr(rasa_speed, "_encoder", lambda: encoder)
    kind, seen = types.SimpleNamespace(), []

    async def handle(self, message):
        seen.append((message.text, list(encoder.begun)))

    kind.MessageProcessor = type("MessageProcessor", (), {"handle_message": handle})
    rasa_speed.encode_ahead(kind)
    message = types.SimpleNamespace(text=text)
    asyncio.run(kind.MessageProcessor().handle_message(message))
    assert seen == [(text, begun)]
    encoder.error = FileNotFoundError("models/encoder")
    asyncio.run(kind.MessageProcessor().handle_message(message))
    assert len(seen) == 2


def turn(action=None, intent=None):
    state = {"prev_action": {"action_name": action}} if action else {}
    return {**state, "user": {"intent": intent}} if intent else state


CHANGED = RulePolicy._get_possible_keys
LISTEN = "action_listen"


@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_the_same_rules_fit_as_if_all_turns_were_looked_at(length):
    whole = CHANGED.__closure__[0].cell_contents
    assert whole.__module__ == RulePolicy.__module__
    rules = {
        json.dumps(states): "x"
        for states in (
            [turn(LISTEN, "ask")],
            [turn(LISTEN, "greet")],
            [turn(), turn(LISTEN, "ask")],
            [turn("answer", "ask"), turn(LISTEN, "ask")],
        )
    }
    policy = object.__new__(RulePolicy)
    talk = [turn(), *[turn(LISTEN, "ask"), turn("answer", "ask")] * 4]
    for end in range(1, length + 1):
        states = talk[:end]
        assert policy._get_possible_keys(rules, states) == whole(policy, rules, states)
    assert policy._get_possible_keys({}, talk) == set()


def test_the_same_rules_fit_whatever_they_ask_of_a_turn():
    whole = CHANGED.__closure__[0].cell_contents
    unset = "should_not_be_set"
    actions, users = (None, LISTEN, "answer", unset), (None, {"intent": "ask"}, {"intent": unset})
    parts = [
        {
            **({"prev_action": {"action_name": action}} if action else {}),
            **({"user": user} if user else {}),
            **({"slots": slots} if slots else {}),
        }
        for action in actions
        for user in (*users, {"intent": "greet", "entities": ["topic"]}, {"text": "hello"})
        for slots in (None, {"sign": [1.0]}, {"sign": unset})
    ]
    rules = {json.dumps([*before, part]): "x" for part in parts for before in ([], [turn(LISTEN)])}
    policy = object.__new__(RulePolicy)
    told = [{**part, "slots": {"sign": (1.0,)}} if "slots" in part else part for part in parts]
    fitting = [len(policy._get_possible_keys(rules, [turn(), state])) for state in told]
    assert fitting == [len(whole(policy, rules, [turn(), state])) for state in told]
    assert len(set(fitting)) > 3


def test_rules_that_were_learned_anew_are_the_ones_that_count():
    policy = object.__new__(RulePolicy)
    state = [turn(LISTEN, "ask")]
    lookup = {json.dumps([turn(LISTEN, "greet")]): "x"}
    assert not policy._get_possible_keys(lookup, state)
    lookup[json.dumps(state)] = "y"
    assert policy._get_possible_keys(lookup, state) == {json.dumps(state)}
    assert policy._get_possible_keys(dict([lookup.popitem()]), state) == {json.dumps(state)}


@pytest.mark.parametrize(
    "user, is_read", [({"intent": "ask"}, False), ({"text": "hello"}, True), ({}, True)]
)
def test_words_are_matched_if_a_rule_names_some(user, is_read):
    policy = object.__new__(RulePolicy)
    rule = json.dumps([{"prev_action": {"action_name": LISTEN}, "user": user}])
    after = json.dumps([{"prev_action": {"action_name": "answer"}}])
    policy.lookup = {
        rule_policy.RULES: {rule: "x", after: LISTEN},
        rule_policy.RULES_FOR_LOOP_UNHAPPY_PATH: {},
    }
    looked = []

    class Tracker:
        @property
        def latest_action_name(self):
            looked.append(True)
            return "answer"  # then Rasa itself gives nothing

    assert policy._find_action_from_rules(Tracker(), None, True) == (None, None, False)
    assert bool(looked) is is_read
