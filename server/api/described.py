"""An APIBlueprint whose OpenAPI document is drawn up when somebody asks for it, not when a process starts."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask_openapi import APIBlueprint, OpenAPI
from flask_openapi.types import ParametersTuple
from flask_openapi.utils import parse_parameters


class Described(APIBlueprint):
    """To draw the schemas of all replies took a fifth of a start's CPU, for a document that few ever ask for."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._undrawn: list[Callable[[], object]] = []

    def _collect_openapi_info(self, rule: str, func: Any, **about: Any) -> ParametersTuple:
        """Only what a call needs: which of the function's parameters is read from where."""
        self._undrawn.append(partial(super()._collect_openapi_info, rule, func, **about))
        return parse_parameters(func, doc_ui=False)

    def draw(self) -> None:
        """Once."""
        for operation in self._undrawn:
            operation()
        self._undrawn.clear()


def draw_all(app: OpenAPI) -> None:
    """Into the app's document what its blueprints describe, as `register_api` would have at the start. By one thread
    at a time."""
    for api in app.blueprints.values():
        if isinstance(api, Described):
            api.draw()
            app.tags.extend(tag for tag in api.tags if tag.name not in app.tag_names)
            app.tag_names.extend(tag.name for tag in api.tags if tag.name not in app.tag_names)
            app.paths.update(api.paths)
            app.components_schemas.update(api.components_schemas)
