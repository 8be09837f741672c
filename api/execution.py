"""How fields run: attributes that are plain scalars are read without the detour through a resolver.

Three of four fields of a page are such attributes. Whatever is not plainly well (null where none may be, a value that
cannot be written, a middleware) takes the ordinary path, which words the errors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, Undefined, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

_ABSENT = object()


class Execution(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation."""

    @cached_property
    def _is_bare(self) -> bool:
        """Whether no middleware stands around resolvers."""
        return self.middleware_manager is None or not self.middleware_manager.middlewares

    def execute_field(
        self, parent_type: GraphQLObjectType, source: Any, details: Any, path: Any, position: Any
    ) -> Any:
        plain = _plain(parent_type).get(details[0].node.name.value)
        if plain is not None and self._is_bare:
            attribute, written, is_nullable = plain
            value = getattr(source, attribute, _ABSENT)
            if value is None and is_nullable:
                return None
            if value is not None and value is not _ABSENT:
                try:
                    found = written(value)
                except Exception:
                    found = None
                if found is not None and found is not Undefined:
                    return found
        return super().execute_field(parent_type, source, details, path, position)


Plain = tuple[str, Callable[[Any], Any], bool]


@lru_cache(2_000)
def _plain(parent: GraphQLObjectType) -> dict[str, Plain]:
    """Of a type's fields those that are an attribute and a scalar or enum: attribute, how it is written, nullable."""
    found: dict[str, Plain] = {}
    for name, field in parent.fields.items():
        type_ = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if getattr(field.resolve, "_is_default", False) and is_leaf_type(type_) and not field.args:
            declared = field.extensions["strawberry-definition"]
            if declared.extensions:  # a guard stands before it
                continue
            found[name] = (
                declared.python_name,
                type_.coerce_output_value,
                not isinstance(field.type, GraphQLNonNull),
            )
    return found
