"""Reads the content pack; what cannot be understood becomes a fault with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from myoguide.knowledge.fault import Fault, PackError
from myoguide.knowledge.marked import MarkedError, Text, Tree, read_marked
from myoguide.knowledge.pack import ASK, Answer, Claim, Need, Pack, Question, Reply, Source, Term
from myoguide.knowledge.words import without_entities

CONTACTS = Path("safety", "contacts.yml")
TABLES = ("claims.yml", "sources.yml", "glossary.yml")
VERDICTS = frozenset({"keep", "restore", "qualify", "correct"})

Entry = TypeVar("Entry", Claim, Source, Term)


@lru_cache(maxsize=4)
def load_pack(path: Path | str = "data") -> Pack:
    """Load the pack under ``path``; raises PackError naming every file that cannot be read.

    It does not check the content: that is ``checks.check_folder``.
    """
    pack, faults = read_pack(Path(path))
    if faults:
        raise PackError(faults)
    return pack


def read_pack(path: Path) -> tuple[Pack, list[Fault]]:
    """Load what can be loaded, with the faults of what cannot, so that one slip hides no other."""
    reader = _Reader(path)
    files = tuple(sorted(path.rglob("*.yml")))
    claims_file, sources_file, glossary_file = (path / name for name in TABLES)
    claims = reader.entries(claims_file, _claim)
    sources = reader.entries(sources_file, _source)
    terms = reader.entries(glossary_file, _term)
    for file in sorted((path / "topics").glob("*.yml")) + sorted((path / "dialogue").glob("*.yml")):
        reader.read_rasa(file)
    for file in sorted((path / "safety").glob("*.yml")):
        if file != path / CONTACTS:
            reader.read_sayings(file)
    contacts = reader.tree(path / CONTACTS) if (path / CONTACTS).exists() else {}
    pack = Pack(
        answers=reader.answers,
        replies=tuple(reader.replies),
        questions=tuple(reader.questions),
        claims=claims,
        sources=sources,
        terms=terms,
        contacts=contacts,
        files=files,
    )
    return pack, reader.faults


@dataclass
class _Reader:
    """Collects what the files hold while they are read one after another."""

    path: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def tree(self, file: Path) -> Tree:
        """The mapping that a file holds; with a fault, an empty one."""
        tree = self.content(file) or {}
        if not isinstance(tree, dict):
            self.fault(file, 1, "a list stands where named entries should", "Give each a name")
            return {}
        return tree

    def content(self, file: Path) -> Any:
        """What a file holds, or None with a fault."""
        if not file.exists():
            self.fault(file, 1, "the file is missing", "Put it back; the pack cannot do without")
            return None
        try:
            return read_marked(file)
        except MarkedError as error:
            self.faults.append(error.fault)
            return None

    def entries(
        self, file: Path, build: Callable[[Text, _Fields, Path], Entry]
    ) -> dict[str, Entry]:
        """One value per named entry, as ``build(name, fields, file)`` makes it."""
        made = {}
        for name, fields in self.tree(file).items():
            try:
                made[str(name)] = build(name, _Fields(fields), file)
            except _MissingError as missing:
                self.fault(file, name.line, f"{name} has no valid '{missing}'", "Add it")
        return made

    def read_rasa(self, file: Path) -> None:
        """Questions and replies of one Rasa file."""
        tree = self.tree(file)
        for block in _dicts(tree.get("nlu")):
            self.questions.extend(self._examples(block, file))
        responses = tree.get("responses") or {}
        if not isinstance(responses, dict):
            self.fault(file, 1, "'responses' holds a list", "Write one 'utter_...:' per response")
            return
        for name, variations in responses.items():
            self._response(name, _dicts(variations), file)

    def read_sayings(self, file: Path) -> None:
        """What the safety room says: the texts under a key ``say``, at any depth, as one reply."""
        for name, texts in _sayings(self.content(file), name=file.stem):
            self.replies.append(Reply(name, "\n".join(texts), file, texts[0].line, None))

    def fault(self, file: Path, line: int, reason: str, remedy: str) -> None:
        self.faults.append(Fault(file, line, reason, remedy))

    def _examples(self, block: Tree, file: Path) -> Iterator[Question]:
        intent, examples = block.get("intent"), block.get("examples")
        if intent is None:
            return
        if not isinstance(examples, Text):
            self.fault(file, intent.line, f"{intent} has no examples", "Write them under '|'")
            return
        for offset, line in enumerate(examples.splitlines()):
            example = line.strip()
            if example.startswith("- "):
                text = without_entities(example[2:].strip())
                yield Question(str(intent), text, file, examples.line + offset)
            elif example:
                self.fault(
                    file,
                    examples.line + offset,
                    f"an example of {intent} does not begin with '- '",
                    "Begin it with '- ', or join it to the line above",
                )

    def _response(self, name: Text, variations: list[Tree], file: Path) -> None:
        if not name.startswith("utter_" + ASK):
            for variation in variations:
                text = variation.get("text")
                if isinstance(text, Text):
                    reviewed = _metadata(variation).get("reviewed")
                    self.replies.append(Reply(str(name), str(text), file, name.line, reviewed))
            return
        answer_name = name.removeprefix("utter_" + ASK)
        if len(variations) != 1 or not isinstance(variations[0].get("text"), Text):
            self.fault(file, name.line, f"{name} is not one text", "Write exactly one answer")
        elif answer_name in self.answers:
            twin = self.answers[answer_name]
            reason = f"{answer_name} is answered in {twin.file.name}:{twin.line} already"
            self.fault(file, name.line, reason, "Keep one of the two")
        else:
            self.answers[answer_name] = _answer(answer_name, name.line, variations[0], file)


class _MissingError(Exception):
    """A field that an entry must have is not there, or is of another kind."""


class _Fields:
    """Reads the fields of one entry by the kind that they must have."""

    def __init__(self, fields: Any) -> None:
        self._fields = fields if isinstance(fields, dict) else {}

    def text(self, key: str, default: str | None = None) -> str:
        value = self._fields.get(key)
        value = default if value is None else value
        if not isinstance(value, str):
            raise _MissingError(key)
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of texts, or one text alone; absent is empty."""
        value = self._fields.get(key) or []
        values = [value] if isinstance(value, Text) else value
        if not isinstance(values, list) or not all(isinstance(item, Text) for item in values):
            raise _MissingError(key)
        return tuple(values)

    def items(self, key: str) -> list[Any]:
        value = self._fields.get(key) or []
        if not isinstance(value, list):
            raise _MissingError(key)
        return value


def _claim(name: Text, fields: _Fields, file: Path) -> Claim:
    return Claim(
        id=str(name),
        section=fields.text("section"),
        claim=fields.text("claim"),
        verdict=_verdict(fields),
        say=fields.text("say", default=""),
        sources=fields.texts("sources"),
        needs=tuple(_need(item) for item in fields.items("needs")),
        mentions=fields.texts("mentions"),
        file=file,
        line=name.line,
    )


def _verdict(fields: _Fields) -> tuple[Text, ...]:
    verdict = fields.texts("verdict")
    if not verdict or not VERDICTS.issuperset(verdict):
        raise _MissingError("verdict")
    return verdict


def _need(item: Any) -> Need:
    """A list of alternatives, or ``{when: [...], any: [...]}``."""
    fields = _Fields(item if isinstance(item, dict) else {"any": item})
    need = Need(any=fields.texts("any"), when=fields.texts("when"))
    if not need.any:
        raise _MissingError("needs")
    return need


def _source(name: Text, fields: _Fields, file: Path) -> Source:
    return Source(
        id=str(name),
        short=fields.text("short"),
        title=fields.text("title"),
        publisher=fields.text("publisher"),
        date=fields.text("date"),
        address=fields.text("address", default="") or None,
        file=file,
        line=name.line,
    )


def _term(name: Text, fields: _Fields, file: Path) -> Term:
    return Term(
        name=str(name),
        forms=fields.texts("forms") or (name,),
        plain=fields.text("plain"),
        explained_by=fields.texts("explained_by"),
        file=file,
        line=name.line,
    )


def _answer(name: str, line: int, variation: Tree, file: Path) -> Answer:
    metadata = _metadata(variation)
    return Answer(
        name=name,
        text=str(variation["text"]),
        file=file,
        line=line,
        reviewed=metadata.get("reviewed"),
        label=metadata.get("label") or "",
        claims=_texts(metadata.get("claims")),
        sources=_texts(metadata.get("sources")),
        reviewer=metadata.get("reviewer") or "",
        next=_texts(metadata.get("next")),
    )


def _metadata(variation: Tree) -> Tree:
    metadata = variation.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _texts(value: Any) -> tuple[Text, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, Text))


def _dicts(value: Any) -> list[Tree]:
    return [item for item in value or [] if isinstance(item, dict)]


def _sayings(value: Any, name: str) -> Iterator[tuple[str, list[Text]]]:
    if isinstance(value, dict):
        for key, child in value.items():
            texts = list(_leaves(child)) if key == "say" else []
            if texts:
                yield f"{name}.say", texts
            else:
                yield from _sayings(child, name=str(key))
    elif isinstance(value, list):
        for child in value:
            own = child.get("id") if isinstance(child, dict) else None
            yield from _sayings(child, name=str(own or name))


def _leaves(value: Any) -> Iterator[Text]:
    """Every text below the value, in the order of the file."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child)
