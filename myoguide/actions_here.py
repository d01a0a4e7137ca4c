"""Actions in the Rasa server's own process: what runs them unless an action server is named.

The way to another process on the same machine and back took as long as a sixth of a reply. With
``MYOGUIDE_ACTIONS_URL`` the same actions run in action servers, as Rasa has it.
"""

from __future__ import annotations

import json as as_json
from functools import lru_cache
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

PACKAGE = "actions"
REJECTED = 400  # as an action server says it


@lru_cache(maxsize=1)
def executor() -> ActionExecutor:
    """Rasa's own executor with the actions of this project, loaded once."""
    found = ActionExecutor()
    found.register_package(PACKAGE)
    return found


class ActionsHere(EndpointConfig):
    """An action endpoint without an address."""

    def __init__(self) -> None:
        super().__init__(enable_selective_domain=True)

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> dict[str, Any] | None:
        """What an action server answers to the call of an action."""
        try:
            return await executor().run(json)
        except ActionExecutionRejection as rejection:
            told = {"action_name": rejection.action_name, "error": rejection.message}
            raise ClientResponseError(REJECTED, rejection.message, as_json.dumps(told)) from None
