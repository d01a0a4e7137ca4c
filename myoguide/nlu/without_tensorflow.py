"""Lets Rasa 3.6 run where TensorFlow is not installed.

Rasa imports TensorFlow at start for components this project does not use (DIET, TED, response
selector). That is 60 % of the start-up time and 1.8 GB of the environment. This module answers
such an import with hollow modules, and only when the real one is absent. The environment loads it
at interpreter start through a ``.pth`` file, so that every ``rasa`` command works as documented;
a configuration that does ask for DIET or TED is told so in one line.

It leans on Rasa's internals: ``tests/unit/nlu/test_without_tensorflow.py`` says when that no
longer holds.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types

STAND_IN_FOR = ("tensorflow", "tensorflow_hub", "tensorflow_text", "keras")
REMEDY = (
    "{name} needs TensorFlow, which Myoguide does not install: "
    "use a component without it (see config.yml), or install tensorflow==2.12.*"
)


class _HollowClass(type):
    """A class that can be subclassed, annotated with and asked for attributes, but not used."""

    def __getattr__(cls, name: str):
        return _hollow(f"{cls.__name__}.{name}", name)

    def __call__(cls, *args, **kwargs):
        # Decorators and constants at import time are harmless; making a model is not.
        if args or kwargs:
            return args[0] if len(args) == 1 and callable(args[0]) else cls
        raise ImportError(REMEDY.format(name=cls.__name__))

    def __or__(cls, other):
        return cls


def _hollow(path: str, name: str):
    if name.startswith("__"):
        raise AttributeError(name)
    return _HollowClass(path, (), {"__module__": path.split(".")[0]})


class _HollowModule(types.ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str):
        return _hollow(f"{self.__name__}.{name}", name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands last in ``sys.meta_path``: a real TensorFlow is always found first."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] not in STAND_IN_FOR:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return _HollowModule(spec.name)

    def exec_module(self, module) -> None:
        pass


def install() -> None:
    """Puts the stand-in in place once per interpreter."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
