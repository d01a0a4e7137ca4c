"""``python -m evaluation.stock``: what `make baseline-stock` calls."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from evaluation.baselines.intents import examples
from evaluation.sets import load
from evaluation.stock import CONFIG, HERE, KEPT, fingerprint, record, texts_of
from myoguide.knowledge import load_pack

ROOT = HERE.parents[1]
PYTHON = Path(".venv-stock/bin/python")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.stock", description=__doc__)
    parser.add_argument("--epochs", type=int, default=100, help="fewer take less; the report says")
    parser.add_argument("--every", type=int, default=1, help="teach each n-th example only")
    options = parser.parse_args()
    os.chdir(ROOT)
    training, texts = examples(load_pack("data")), texts_of(load())
    taught = {
        "fingerprint": fingerprint(training, texts),
        "epochs": options.epochs,
        "every": options.every,
    }
    if taught.items() <= record().items():
        sys.stdout.write(f"Already measured on this data: {KEPT}\n")
        return 0
    subprocess.run([str(HERE / "setup.sh")], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = CONFIG.read_text(encoding="utf-8")
        config = config.replace("epochs: 100", f"epochs: {options.epochs}")
        (folder / "config.yml").write_text(config, encoding="utf-8")
        job = {"examples": training[:: options.every], "texts": texts}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = [str(ROOT / PYTHON), str(HERE / "predict.py"), name]
        if subprocess.run(command, env=_environment(folder)).returncode:
            sys.stderr.write("evaluation: the stock baseline failed; see above\n")
            return 1
        said = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
    KEPT.write_text(
        json.dumps({**taught, **said}, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )
    sys.stdout.write(f"Kept in {KEPT}\n")
    return 0


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the project's own environment, and Rasa's cache in the folder."""
    dropped = ("PYTHONPATH", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {
        **kept,
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
