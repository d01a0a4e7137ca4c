"""Runs in .venv-stock: trains the pipeline in FOLDER/config.yml and reads the messages.

``python predict.py FOLDER``: FOLDER/job.json holds "examples" ([text, intent] pairs) and "texts";
FOLDER/predictions.json then holds "training_seconds", "said" (text: [intent, confidence]) and
"best", the same without the fallback.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

# Rasa reads "ask/sleep.cause" as a retrieval intent "ask"; here each answer is a class.
SLASH, STAND_IN = "/", "+"
FALLBACK = "nlu_fallback"


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
    said = asyncio.run(read_all(Agent.load(model), job["texts"]))
    result = {"training_seconds": taken, **said}
    (folder / "predictions.json").write_text(json.dumps(result), encoding="utf-8")


async def read_all(agent: Any, texts: list[str]) -> dict[str, dict[str, list[str | float]]]:
    """Intent and confidence of each text, with the fallback and without."""
    said, best = {}, {}
    for text in texts:
        parsed = await agent.parse_message(text)
        found = [
            [(intent["name"] or "").replace(STAND_IN, SLASH), intent["confidence"]]
            for intent in parsed["intent_ranking"] or [parsed["intent"]]
        ]
        said[text] = found[0]
        best[text] = next((row for row in found if row[0] != FALLBACK), found[0])
    return {"said": said, "best": best}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
