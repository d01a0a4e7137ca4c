"""Builds the two assistants: the stock one as `rasa init` writes it, and ours."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from evaluation.baselines.intents import examples
from evaluation.performance.processes import (
    Assistant,
    BenchmarkError,
    clean_environment,
    timed,
)
from evaluation.sets import load
from evaluation.stock import CONFIG
from evaluation.stock import HERE as STOCK
from myoguide.knowledge import load_pack
from myoguide.launch import MODEL

ROOT = Path(__file__).resolve().parents[2]
WORK = Path("var/performance")
STOCK_PYTHON = ROOT / ".venv-stock/bin/python"
SEED = 9
# The stock project: SQLite like ours, and the socket beside REST. Its own socket channel cannot
# keep a session with today's python-socketio, so it does not.
ENDPOINTS = {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": "conversations.db"}}
CREDENTIALS = {
    "rest": None,
    "socketio": {
        "user_message_evt": "user_uttered",
        "bot_message_evt": "bot_uttered",
        "session_persistence": False,
    },
}
# What a project of ours is made of; the rest is made anew or linked.
PROJECT = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml")
LINKED = ("actions", "widget", "myoguide")


def ours(folder: Path) -> Assistant:
    """The trained assistant, with a database of its own in ``folder``."""
    texts = [question.text for question in load().info]
    random.Random(SEED).shuffle(texts)
    return Assistant(
        name="Myoguide",
        command=(sys.executable, "-m", "myoguide", "run"),
        folder=ROOT,
        texts=tuple(texts),
        environment={"MYOGUIDE_DATABASE_URL": f"sqlite:///{folder}/conversations.db"},
        asks_for_session=True,
    )


def stock(folder: Path) -> Assistant:
    """The project that `rasa init` writes and trains; kept, as nothing of it changes."""
    subprocess.run([str(STOCK / "setup.sh")], check=True)
    project = (WORK / "stock").resolve()
    if not list(project.glob("models/*.tar.gz")):
        sys.stderr.write("  building the stock assistant (some minutes, once)\n")
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir(parents=True)
        command = _stock_rasa("init", "--no-prompt", "--init-dir", str(project))
        timed(command, project, clean_environment(), project.parent / "stock-init.log")
    (project / "credentials.yml").write_text(yaml.safe_dump(CREDENTIALS))
    settings = {**ENDPOINTS["tracker_store"], "db": str(folder / "stock.db")}
    (project / "endpoints.yml").write_text(yaml.safe_dump({"tracker_store": settings}))
    return Assistant(
        name="stock",
        command=(*_stock_rasa("run"), "--port", "{port}"),
        folder=project,
        texts=tuple(_stock_texts(project)),
        environment={"PYTHONPATH": "", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"},
    )


def _stock_rasa(*arguments: str) -> tuple[str, ...]:
    return (str(STOCK_PYTHON), "-m", "rasa", *arguments)


def _stock_texts(project: Path) -> list[str]:
    """What the stock assistant was taught, without entity marks; it answers all of it."""
    blocks = yaml.safe_load((project / "data" / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
    texts = [line[2:] for block in blocks for line in block["examples"].splitlines()]
    random.Random(SEED).shuffle(texts)
    return texts


def project_copy(folder: Path) -> dict[str, str]:
    """Makes a project of ours in ``folder`` that can be edited; returns its environment."""
    for name in PROJECT:
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "data", folder / "data")
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    (folder / MODEL.parent).mkdir()
    (folder / MODEL.parent / "encoder").symlink_to(ROOT / MODEL.parent / "encoder")
    cache = folder / ".rasa" / "cache"
    return {
        **clean_environment(),
        "PYTHONPATH": str(ROOT),
        "RASA_CACHE_DIRECTORY": str(cache),
    }


def training(folder: Path) -> dict[str, float]:
    """Seconds of `make train` from nothing, and after one changed answer text."""
    environment, log = project_copy(folder), WORK / "training.log"
    command = (sys.executable, "-m", "myoguide", "train")
    log.unlink(missing_ok=True)
    found = {"training.nothing": timed(command, folder, environment, log.resolve())}
    change_one_answer(folder / "data" / "topics" / "sleep.yml")
    found["training.answer"] = timed(command, folder, environment, log.resolve())
    return found


def change_one_answer(file: Path) -> None:
    """Adds a sentence to the first answer of a topic, as an editor would."""
    text = file.read_text(encoding="utf-8")
    answer = next(iter(yaml.safe_load(text)["responses"].values()))[0]["text"]
    first = answer.splitlines()[0]
    if text.count(first) != 1:
        raise BenchmarkError(f"{file}: the first answer cannot be found to be changed")
    file.write_text(text.replace(first, f"{first} This was changed."), encoding="utf-8")


def stock_training(folder: Path, limit: float) -> tuple[float, bool]:
    """Seconds in which the stock NLU pipeline learns our examples, and whether it got to the end.

    After ``limit`` seconds it is stopped: with 100 epochs of DIET it takes hours.
    """
    subprocess.run([str(STOCK / "setup.sh")], check=True)
    pairs = [
        {"text": text, "intent": intent.replace("/", "+")}
        for text, intent in examples(load_pack("data"))
    ]
    (folder / "nlu.json").write_text(json.dumps({"rasa_nlu_data": {"common_examples": pairs}}))
    shutil.copy(CONFIG, folder / "config.yml")
    command = _stock_rasa("train", "nlu", "--nlu", "nlu.json", "--config", "config.yml")
    environment: Mapping[str, str] = {
        **clean_environment(),
        "PYTHONPATH": "",
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),
    }
    log = (WORK / "stock-training.log").resolve()
    try:
        return timed(command, folder, environment, log, limit), True
    except subprocess.TimeoutExpired:
        return limit, False
