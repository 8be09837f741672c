"""How much an operation asks for: an object costs 2, a scalar 1, a list its page size times its items.

A document is compiled once into a formula for each of its operations; variables only fill in page sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

LARGEST_PAGE = 100
_SIZES = ("first", "last", "limit")


@dataclass(frozen=True, slots=True)
class Asked:
    """One field with children: how many of it (a number, a variable's name, or None) and what inside."""

    is_list: bool
    size: int | str | None
    default: int
    inside: Formula


@dataclass(slots=True)
class Formula:
    """A selection: its scalars counted, its objects listed, the fragments it spreads."""

    scalars: int = 0
    objects: list[Asked] = field(default_factory=list)
    spread: list[Formula] = field(default_factory=list)


def formulas(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, Formula]:
    """The formula of each operation of a valid document, by its name."""
    compiler = _Compiler(schema, document)
    made: dict[str | None, Formula] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            root = schema.get_root_type(node.operation)
            made[node.name.value if node.name else None] = compiler.selection(node.selection_set, root)
    return made


def evaluate(formula: Formula, variables: Mapping[str, Any]) -> int:
    """The cost with these variables; linear in the document, however often a fragment is spread."""
    known: dict[tuple[int, int], int] = {}

    def cost(part: Formula, page: int) -> int:
        key = (id(part), page)
        if key not in known:
            total = part.scalars + sum(cost(each, page) for each in part.spread)
            for asked in part.objects:
                own = _size(asked, variables)
                if asked.is_list:
                    total += (2 + cost(asked.inside, 1)) * (page if own is None else own)
                else:
                    total += 2 + cost(asked.inside, 1 if own is None else own)
            known[key] = total
        return known[key]

    return cost(formula, 1)


def _size(asked: Asked, variables: Mapping[str, Any]) -> int | None:
    if asked.size is None:
        return None
    size = variables.get(asked.size, asked.default) if isinstance(asked.size, str) else asked.size
    if isinstance(size, bool) or not isinstance(size, int):
        size = asked.default
    return max(1, min(size, LARGEST_PAGE))


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.schema = schema
        self.fragments = {
            n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)
        }
        self.defaults = {
            variable.variable.name.value: int(variable.default_value.value)
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
            for variable in node.variable_definitions or ()
            if isinstance(variable.default_value, IntValueNode)
        }
        self.done: dict[str, Formula] = {}

    def selection(self, selection: SelectionSetNode | None, parent: Any) -> Formula:
        formula = Formula()
        for node in selection.selections if selection else ():
            if isinstance(node, FieldNode):
                self._field(formula, node, parent)
            elif isinstance(node, InlineFragmentNode):
                inner = (
                    self.schema.get_type(node.type_condition.name.value) if node.type_condition else parent
                )
                formula.spread.append(self.selection(node.selection_set, inner))
            else:
                formula.spread.append(self._fragment(node.name.value))  # type: ignore[union-attr]
        return formula

    def _fragment(self, name: str) -> Formula:
        if name not in self.done:
            node = self.fragments[name]
            self.done[name] = self.selection(
                node.selection_set, self.schema.get_type(node.type_condition.name.value)
            )
        return self.done[name]

    def _field(self, formula: Formula, node: FieldNode, parent: Any) -> None:
        name = node.name.value
        if name in ("__schema", "__type"):
            return
        declared = (
            parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        )
        if declared is None or not is_composite_type(get_named_type(declared.type)):
            formula.scalars += 1
            return
        size, default = self._size(node, declared)
        inside = self.selection(node.selection_set, get_named_type(declared.type))
        formula.objects.append(Asked(_is_list(declared), size, default, inside))

    def _size(self, node: FieldNode, declared: GraphQLField) -> tuple[int | str | None, int]:
        for name in _SIZES:
            if name not in declared.args:
                continue
            default = declared.args[name].default_value
            default = default if isinstance(default, int) else 20
            for argument in node.arguments or ():
                if argument.name.value == name:
                    if isinstance(argument.value, VariableNode):
                        variable = argument.value.name.value
                        return variable, self.defaults.get(variable, default)
                    if isinstance(argument.value, IntValueNode):
                        return int(argument.value.value), default
            return default, default
        return None, 1


def _is_list(declared: GraphQLField) -> bool:
    type_ = declared.type
    return bool(is_list_type(type_.of_type if is_non_null_type(type_) else type_))
