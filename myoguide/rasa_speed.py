"""Spares Rasa 3.6 work that it repeats; every change to its internals for speed is in here.

What is changed, and why, is said at each function. A change is made right after Rasa's module is
imported, in every process of the environment, so that `rasa train` is as fast as `make train`.
``tests/unit/performance/test_rasa_speed.py`` says for each when it no longer holds.
"""

from __future__ import annotations

import asyncio
import copy
import importlib.abc
import importlib.machinery
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from graphlib import TopologicalSorter
from types import ModuleType
from typing import Any

# Seconds. Shorter than the action server's own 5: so no request meets a connection that it closes.
KEEP_ALIVE = 3
# More files of training data than this are read twice.
TEXTS_KEPT = 400


def read_yaml_once(io: ModuleType) -> None:
    """A file of training data is parsed up to five times while it is loaded; here once.

    Each caller gets a copy of its own. A text with ``${...}`` depends on the environment and is
    read anew.
    """
    parse = io.read_yaml

    @lru_cache(maxsize=TEXTS_KEPT)
    def parsed(content: str, kind: str) -> Any:
        return parse(content, kind)

    def read_yaml(content: str, reader_type: str | list[str] = "safe") -> Any:
        if isinstance(reader_type, str) and "${" not in content:
            return copy.deepcopy(parsed(content, reader_type))
        return parse(content, reader_type)

    io.read_yaml = read_yaml


def validate_plainly(validation: ModuleType) -> None:
    """Line numbers are needed where a file has a fault; only then is it read the slow way."""
    thorough = validation.validate_yaml_schema

    @lru_cache(maxsize=8)
    def schema(path: str, package: str) -> tuple[dict, str]:
        import pkg_resources

        def file(name: str, of: str = validation.PACKAGE_NAME) -> str:
            return pkg_resources.resource_filename(of, name)

        read = validation.rasa.shared.utils.io.read_yaml_file
        rules = {**read(file(path, package)), **read(file(validation.RESPONSES_SCHEMA_FILE))}
        return rules, file(validation.SCHEMA_EXTENSIONS_FILE)

    def validate_yaml_schema(
        yaml_file_content: str, schema_path: str, package_name: str = validation.PACKAGE_NAME
    ) -> None:
        import logging

        from pykwalify.core import Core

        logging.getLogger("pykwalify").setLevel(logging.CRITICAL)
        try:
            content = validation.rasa.shared.utils.io.read_yaml(yaml_file_content)
            rules, extensions = schema(schema_path, package_name)
            Core(
                source_data=content, schema_data=copy.deepcopy(rules), extensions=[extensions]
            ).validate(raise_exception=True)
        except Exception:
            thorough(yaml_file_content, schema_path, package_name)

    validation.validate_yaml_schema = validate_yaml_schema


def merge_without_copying(training_data: ModuleType) -> None:
    """Thirteen merges copied every example and took its fingerprint anew.

    Examples are handed on as they are, and lose the fingerprint they have only when they change.
    The answer's name stands in the examples where Rasa puts its text, and the fingerprint leaves
    answers out: only a ResponseSelector learns from their text, which needs TensorFlow. So a
    changed answer retrains nothing.
    """
    kind = training_data.TrainingData

    def merge(self: Any, *others: Any) -> Any:
        rest = [other for other in others if other]
        synonyms = dict(self.entity_synonyms)
        for other in rest:
            for text, synonym in other.entity_synonyms.items():
                training_data.util.check_duplicate_synonym(
                    synonyms, text, synonym, "merging training data"
                )
            synonyms.update(other.entity_synonyms)
        responses = {}
        for data in (self, *rest):
            responses.update(data.responses)
        return kind(
            [example for data in (self, *rest) for example in data.training_examples],
            synonyms,
            copy.deepcopy([item for data in (self, *rest) for item in data.regex_features]),
            copy.deepcopy([item for data in (self, *rest) for item in data.lookup_tables]),
            copy.deepcopy(responses),
        )

    def sanitize_examples(examples: list[Any]) -> list[Any]:
        # The first of those that are alike, by fingerprint as in Message.__eq__.
        kept: dict[str, Any] = {}
        for example in examples:
            data = example.data
            for name in (training_data.INTENT, training_data.RESPONSE):
                value = data.get(name)
                if value and value != value.strip():
                    example.set(name, value.strip())
            kept.setdefault(example._cached_fingerprint or example.fingerprint(), example)
        return list(kept.values())

    def name_responses(self: Any) -> None:
        for example in self.training_examples:
            if example.get(training_data.INTENT_RESPONSE_KEY) and not example.get(
                training_data.RESPONSE
            ):
                name = training_data.util.intent_response_key_to_template_key(
                    example.get_full_intent()
                )
                if self.responses.get(name):
                    example.set(training_data.RESPONSE, name)

    whole = kind.fingerprint

    def fingerprint(self: Any) -> str:
        without = copy.copy(self)
        without.responses = {}
        return whole(without)

    kind.merge = merge
    kind.sanitize_examples = staticmethod(sanitize_examples)
    kind.fingerprint = fingerprint
    kind._fill_response_phrases = name_responses


def fingerprint_at_once(message: ModuleType) -> None:
    """An example's fingerprint was made of a dozen smaller ones; here of its data as one text."""
    kind = message.Message
    thorough = kind.fingerprint

    def fingerprint(self: Any) -> str:
        if self._cached_fingerprint is None and not self.features:
            try:
                text = json.dumps(self.data, sort_keys=True)
            except TypeError:
                return thorough(self)
            self._cached_fingerprint = message.rasa.shared.utils.io.get_text_hash(text)
        return thorough(self)

    kind.fingerprint = fingerprint


def write_domain_plainly(domain: ModuleType) -> None:
    """Writing the domain into the model as pretty YAML took a third of a training without change.

    JSON is YAML too, and is read back by the same reader.
    """

    def persist(self: Any, filename: Any) -> None:
        content = {"version": domain.LATEST_TRAINING_DATA_FORMAT_VERSION, **self.as_dict()}
        text = json.dumps(content, ensure_ascii=False)
        domain.rasa.shared.utils.io.write_text_file(text, filename)

    domain.Domain.persist = persist


def spare_domain(domain: ModuleType) -> None:
    write_domain_plainly(domain)
    know_that_domain_is_not_empty(domain)


def know_that_domain_is_not_empty(domain: ModuleType) -> None:
    """Every message wrote the whole domain out and built an empty one to compare them."""
    kind = domain.Domain
    thorough = kind.is_empty

    def is_empty(self: Any) -> bool:
        return not self.responses and thorough(self)

    kind.is_empty = is_empty


def copy_slots_plainly(slots: ModuleType) -> None:
    """A turn copies some two hundred slots; Python's way for any object is ten times as long."""

    def shallow(self: Any) -> Any:
        same = object.__new__(type(self))
        same.__dict__.update(self.__dict__)
        return same

    slots.Slot.__copy__ = shallow


def log_without_copies(module: ModuleType) -> None:
    """What is handed to the log was copied in depth, whether or not it is written there."""

    class Uncopied:
        @staticmethod
        def deepcopy(value: Any) -> Any:
            return value

    module.copy = Uncopied


def encode_ahead(processor: ModuleType) -> None:
    """The encoder waited until the conversation was read and the message screened.

    It sets out on the text as it came. One that changes on its way is encoded then, as ever; what
    a missing encoder means, `SentenceEncoderFeaturizer` says.
    """
    kind = processor.MessageProcessor
    handle = kind.handle_message

    async def handle_message(self: Any, message: Any) -> Any:
        text = message.text
        if text and not text.startswith("/"):
            with suppress(Exception):
                _encoder().begin(text)
        return await handle(self, message)

    kind.handle_message = handle_message


def _encoder() -> Any:
    """The one that `SentenceEncoderFeaturizer` has opened at start."""
    from myoguide.nlu.build_encoder import DEFAULT_DIR
    from myoguide.nlu.encoder import load_encoder

    return load_encoder(str(DEFAULT_DIR))


def spare_processor(processor: ModuleType) -> None:
    log_without_copies(processor)
    encode_ahead(processor)


def match_recent_turns(policy: ModuleType) -> None:
    """All rules were tried on all turns of a conversation.

    None looks back that far, and most name another intent or another action before.
    """
    kind = policy.RulePolicy
    thorough = kind._get_possible_keys

    def possible(self: Any, lookup: dict[str, str], states: list[Any]) -> set[str]:
        rules = _learned(self, lookup)
        if not states:
            return thorough(self, lookup, states)
        likely = {key: lookup[key] for key in rules.like(states[-1])}
        return thorough(self, likely, states[-rules.longest :] if rules.longest else [])

    kind._get_possible_keys = possible


def match_texts_only_if_rules_have_some(policy: ModuleType) -> None:
    """Each message was matched twice: by its intent, and by its words, which no rule names."""
    kind = policy.RulePolicy
    thorough = kind._find_action_from_rules

    def find(
        self: Any, tracker: Any, domain: Any, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not any(
            _learned(self, self.lookup[of]).name_words
            for of in (policy.RULES, policy.RULES_FOR_LOOP_UNHAPPY_PATH)
        ):
            return None, None, False
        return thorough(self, tracker, domain, use_text_for_last_user_input)

    kind._find_action_from_rules = find


class _Rules:
    """What is asked of a policy's rules at each prediction, found out once.

    ``longest``: as many turns as a rule looks back. ``name_words``: whether a rule may be about
    a message's words instead of its intent.
    """

    def __init__(self, lookup: dict[str, str]) -> None:
        self.lookup, self.size = lookup, len(lookup)
        states = {key: json.loads(key) for key in lookup}
        self.longest = max(map(len, states.values()), default=0)
        self._last = {key: of[-1] for key, of in states.items()}
        self.name_words = any(
            _waits(state) and "intent" not in state.get("user", {}) for state in self._last.values()
        )
        self._like: dict[tuple[str | None, str | None], list[str]] = {}

    def like(self, state: dict[str, Any]) -> list[str]:
        """The rules whose last turn has the action before it and the intent of ``state``."""
        seen = tuple(state.get(part, {}).get(name) for part, name in _NAMED)
        if seen not in self._like:
            self._like[seen] = [k for k, last in self._last.items() if _may_match(last, seen)]
        return self._like[seen]


_NAMED = (("prev_action", "action_name"), ("user", "intent"))


def _may_match(rule: dict[str, Any], seen: tuple[str | None, ...]) -> bool:
    """False only where Rasa would say no; without an action before it, it asks nothing else."""
    if not rule.get("prev_action"):
        return True
    wanted = [rule.get(part, {}).get(name) for part, name in _NAMED]
    return all(
        not value or value == "should_not_be_set" or value == found
        for value, found in zip(wanted, seen, strict=True)
    )


def _learned(policy: Any, lookup: dict[str, str]) -> _Rules:
    kept = policy.__dict__.setdefault("_rules_of", {})
    found = kept.get(id(lookup))
    if found is None or found.lookup is not lookup or found.size != len(lookup):
        found = kept[id(lookup)] = _Rules(lookup)
    return found


def _waits(state: dict[str, Any]) -> bool:
    """Whether the last thing done is to listen: what comes next follows a message."""
    return state.get("prev_action", {}).get("action_name") == "action_listen"


def spare_rule_policy(policy: ModuleType) -> None:
    log_without_copies(policy)
    match_recent_turns(policy)
    match_texts_only_if_rules_have_some(policy)


def run_plainly(runner: ModuleType) -> None:
    """For each message the graph was planned anew, scheduled as if for many machines, and its
    inputs were written out for a log that nobody reads; here it is planned once per target.
    """
    kind = runner.DaskGraphRunner
    thorough = kind.run

    def run(
        self: Any, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        plans = self.__dict__.setdefault("_plans", {})
        if wanted not in plans:
            plans[wanted] = _planned(self._graph_schema.minimal_graph_schema(list(wanted)).nodes)
        found = {name: (name, value) for name, value in (inputs or {}).items()}
        if not found.keys().isdisjoint(self._graph_schema.nodes):
            return thorough(self, inputs, targets)
        try:
            for name, needs in plans[wanted]:
                # A need that nobody fills is handed on by its name, as dask does.
                found[name] = self._instantiated_nodes[name](*(found.get(n, n) for n in needs))
        except RuntimeError as error:
            raise runner.GraphRunError("Error running runner.") from error
        return dict(found[name] for name in wanted)

    kind.run = run


def _planned(nodes: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """Each node after those that it needs."""
    needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
    order = TopologicalSorter({name: set(of) & needs.keys() for name, of in needs.items()})
    return [(name, needs[name]) for name in order.static_order()]


def pack_quickly(storage: ModuleType) -> None:
    """A model is mostly learned numbers, which hardly shrink however long one tries."""

    class Quick(storage.TarSafe):
        @classmethod
        def open(cls, name: Any = None, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if mode == "w:gz":
                options.setdefault("compresslevel", 1)
            return super().open(name, mode, *arguments, **options)

    storage.TarSafe = Quick


def keep_validator(action: ModuleType) -> None:
    """Checking the schema itself, and not the reply, took 23 of an action's 30 milliseconds."""
    remote = action.RemoteAction
    thorough = remote._validate_action_result

    @lru_cache(maxsize=1)
    def validator() -> Any:
        from jsonschema.validators import validator_for

        schema = remote.action_response_format_spec()
        return validator_for(schema)(schema)

    def validate(self: Any, result: dict[str, Any]) -> bool:
        return validator().is_valid(result) or thorough(self, result)

    remote._validate_action_result = validate


def run_actions_here(action: ModuleType) -> None:
    """Where no action server is named, none is asked (`myoguide.actions_here`)."""
    kind = action.RemoteAction
    thorough = kind.__init__

    def __init__(self: Any, name: str, action_endpoint: Any) -> None:
        if action_endpoint is not None and not action_endpoint.url:
            from myoguide.actions_here import ActionsHere

            action_endpoint = ActionsHere()
        thorough(self, name, action_endpoint)

    kind.__init__ = __init__


def spare_actions(action: ModuleType) -> None:
    keep_validator(action)
    run_actions_here(action)


def keep_connections(endpoints: ModuleType) -> None:
    """Each call of an action opened a session and a connection of its own."""
    config = endpoints.EndpointConfig
    new_session = config.session

    class Kept:
        """A session that is used by ``async with`` and stays open."""

        def __init__(self, session: Any) -> None:
            self.session = session

        async def __aenter__(self) -> Any:
            return self.session

        async def __aexit__(self, *_: Any) -> None:
            pass

    def session(self: Any) -> Any:
        if self.type is not None:
            return new_session(self)
        loop = asyncio.get_running_loop()
        kept = getattr(self, "_kept", None)
        if kept is None or kept.session.closed or kept.loop is not loop:
            kept = Kept(new_session(self))
            kept.loop = loop
            kept.session.connector._keepalive_timeout = KEEP_ALIVE
            self._kept = kept
        return kept

    config.session = session


CHANGES: dict[str, Callable[[ModuleType], None]] = {
    "rasa.shared.utils.io": read_yaml_once,
    "rasa.shared.utils.validation": validate_plainly,
    "rasa.shared.nlu.training_data.message": fingerprint_at_once,
    "rasa.shared.nlu.training_data.training_data": merge_without_copying,
    "rasa.shared.core.domain": spare_domain,
    "rasa.shared.core.slots": copy_slots_plainly,
    "rasa.core.processor": spare_processor,
    "rasa.core.policies.rule_policy": spare_rule_policy,
    "rasa.engine.runner.dask": run_plainly,
    "rasa.engine.storage.local_model_storage": pack_quickly,
    "rasa.core.actions.action": spare_actions,
    "rasa.utils.endpoints": keep_connections,
}


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of `CHANGES` as Python does, and has them changed once they are run."""

    def find_spec(self, fullname, path=None, target=None):
        change = CHANGES.get(fullname)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                change(module)

            spec.loader.exec_module = exec_module
        return spec


def install() -> None:
    """Puts the changes in place once per interpreter; imports nothing of Rasa."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
