"""Says clearly when Rasa no longer runs without TensorFlow."""

import subprocess
import sys


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_the_environment_has_no_tensorflow():
    found = run("import importlib.metadata as m; m.version('tensorflow')")
    assert "PackageNotFoundError" in found.stderr


def test_every_part_of_rasa_that_the_commands_need_can_be_imported():
    done = run(
        "import rasa.__main__, rasa.core.agent, rasa.server, rasa.model_training, "
        "rasa.core.train, rasa.nlu.test, rasa.core.test, rasa.validator, rasa.shared.importers.rasa"
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_component_that_needs_tensorflow_is_refused_with_the_remedy():
    done = run("import tensorflow as tf; tf.keras.Model()")
    assert done.returncode != 0
    assert "install tensorflow" in done.stderr


def test_another_missing_module_is_still_missing():
    assert "ModuleNotFoundError" in run("import no_such_module_here").stderr
