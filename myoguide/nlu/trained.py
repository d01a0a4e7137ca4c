"""What the components share that learn linear heads over the sentence vectors."""

from __future__ import annotations

from typing import Any, ClassVar, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from myoguide.nlu.sentence_encoder import SentenceEncoderFeaturizer, code_digest


class TrainedComponent(GraphComponent):
    """Keeps its model in one file of Rasa's storage.

    ``MODEL``: the model's class, with ``save(path)`` and ``load(path)``. ``MODEL_FILE``: its name.
    """

    MODEL: ClassVar[type]
    MODEL_FILE: ClassVar[Text]

    @classmethod
    def required_components(cls) -> list[type]:
        return [SentenceEncoderFeaturizer]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> Optional[str]:
        return code_digest()

    def __init__(
        self,
        config: dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Any = None,
    ) -> None:
        self.config, self._storage, self._resource, self._model = config, storage, resource, model

    @classmethod
    def create(
        cls,
        config: dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TrainedComponent:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TrainedComponent:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls.MODEL.load(folder / cls.MODEL_FILE))

    def _keep(self, model: Any) -> Resource:
        """Takes a model that was just fitted, and stores it."""
        self._model = model
        with self._storage.write_to(self._resource) as folder:
            model.save(folder / self.MODEL_FILE)
        return self._resource
