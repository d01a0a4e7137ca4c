"""Runs in .venv-stock: trains the pipeline in FOLDER/config.yml and reads the messages.

``python predict.py FOLDER``: FOLDER/job.json holds "examples" ([text, intent] pairs) and "texts";
FOLDER/predictions.json then holds "training_seconds" and "said" (text: [intent, confidence]).
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

# Rasa reads "ask/sleep.cause" as a retrieval intent "ask"; here each answer is a class.
SLASH, STAND_IN = "/", "+"


def main(folder: Path) -> None:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    pairs = [
        {"text": text, "intent": intent.replace(SLASH, STAND_IN)}
        for text, intent in job["examples"]
    ]
    data = folder / "data.json"
    data.write_text(json.dumps({"rasa_nlu_data": {"common_examples": pairs}}), encoding="utf-8")
    started = time.monotonic()
    model = train_nlu(str(folder / "config.yml"), str(data), str(folder / "models"))
    taken = time.monotonic() - started
    if model is None:
        raise SystemExit("training gave no model")
    agent = Agent.load(model)

    async def read(text: str) -> list[str | float]:
        intent = (await agent.parse_message(text))["intent"]
        return [(intent["name"] or "").replace(STAND_IN, SLASH), float(intent["confidence"])]

    async def read_all() -> dict[str, list[str | float]]:
        return {text: await read(text) for text in job["texts"]}

    result = {"training_seconds": taken, "said": asyncio.run(read_all())}
    (folder / "predictions.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
