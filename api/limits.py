"""What an operation may ask for, and the caches that make asking cheap.

A document is parsed, measured, validated and priced once; the plan is kept by its text. Trusted documents are held
to no limit but the page sizes; introspection is for staff, and for everybody in development.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api import cost
from api.documents import Trusted
from domain.errors import Forbidden
from domain.settings import settings

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
CLOSED_RULES = (*RULES, NoSchemaIntrospectionCustomRule)
LONGEST_KEPT = 8 * 1024


@dataclass(slots=True)
class Plan:
    """A document, ready to run: what is wrong with it, or what each of its operations costs."""

    document: DocumentNode | None = None
    errors: list[GraphQLError] = field(default_factory=list)
    formulas: dict[str | None, cost.Formula] = field(default_factory=dict)

    def cost(self, operation_name: str | None, variables: dict[str, Any] | None) -> int:
        formula = self.formulas.get(operation_name)
        if formula is None and len(self.formulas) == 1:
            formula = next(iter(self.formulas.values()))
        return cost.evaluate(formula, variables or {}) if formula else 0


class Limits(SchemaExtension):
    """Parses, validates and prices through the plans, and refuses what is too much."""

    plan: Plan

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        actor = context.context.actor
        query = context.query or ""
        is_trusted = isinstance(query, Trusted)
        if not is_trusted and settings().documents == "trusted-only" and not actor.is_staff:
            raise Forbidden("Only the documents that the app was built with are accepted here.")
        may_introspect = actor.is_staff or not settings().is_production
        make = _trusted if is_trusted else _kept if len(query) <= LONGEST_KEPT else _made
        self.plan = make(context.schema._schema, str(query), may_introspect)
        if self.plan.document is None:
            raise self.plan.errors[0]
        context.graphql_document = self.plan.document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        context.pre_execution_errors = list(self.plan.errors)
        if not self.plan.errors and len(self.plan.formulas) > 1 and context._provided_operation_name is None:
            context.pre_execution_errors = [refused("BAD_INPUT", "Name the operation to run.")]
        elif not self.plan.errors:
            price = self.plan.cost(context.operation_name, context.variables)
            context.extensions_results["cost"] = price
            limit = settings().graphql_cost
            if price > limit and not isinstance(context.query, Trusted):
                context.pre_execution_errors = [
                    refused(
                        "COST_LIMIT",
                        f"This asks for {price}; at most {limit} is allowed.",
                        cost=price,
                        limit=limit,
                    )
                ]
        yield


def refused(code: str, message: str, **facts: Any) -> GraphQLError:
    """An error with a code of the public contract."""
    return GraphQLError(message, extensions={"code": code, **facts})


def _made(schema: GraphQLSchema, query: str, may_introspect: bool, is_trusted: bool = False) -> Plan:
    try:
        document = parse(query, max_tokens=None if is_trusted else settings().graphql_tokens)
        errors = [] if is_trusted else _too_much(document)
        rules = RULES if may_introspect else CLOSED_RULES
        errors = errors or validate(schema, document, rules, max_errors=20)
        return Plan(document, errors, {} if errors else cost.formulas(schema, document))
    except GraphQLError as error:
        return Plan(errors=[error])
    except RecursionError:
        return Plan(errors=[refused("BAD_INPUT", "This document is nested too deeply.")])


_kept = lru_cache(256)(_made)
_trusted = lru_cache(2048)(lambda schema, query, may: _made(schema, query, may, is_trusted=True))


def _too_much(document: DocumentNode) -> list[GraphQLError]:
    """What exceeds the limits; runs before validation, whose rules are not linear."""
    measure = _Measure()
    visit(document, measure)
    found = {
        "depth": (_depth(document), settings().graphql_depth),
        "aliases": (measure.aliases, settings().graphql_aliases),
        "directives": (measure.directives, settings().graphql_directives),
    }
    return [
        refused("COST_LIMIT", f"This document's {name}: {seen}; at most {limit} allowed.")
        for name, (seen, limit) in found.items()
        if seen > limit
    ]


class _Measure(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.aliases = 0
        self.directives = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.aliases += node.alias is not None

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.directives += 1


def _depth(document: DocumentNode) -> int:
    """Levels of fields below the operation; introspection counts as one level."""
    fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
    known: dict[str, int] = {}

    def below(node: Node | None) -> int:
        selection = getattr(node, "selection_set", None)
        return max((of(child) for child in selection.selections), default=0) if selection else 0

    def of(node: Node) -> int:
        if isinstance(node, FieldNode):
            return 1 if node.name.value.startswith("__") else 1 + below(node)
        if isinstance(node, InlineFragmentNode):
            return below(node)
        assert isinstance(node, FragmentSpreadNode)
        name = node.name.value
        if name not in known:
            known[name] = 0  # a cycle adds nothing here; validation refuses it
            known[name] = below(fragments.get(name))
        return known[name]

    return max((below(n) for n in document.definitions if isinstance(n, OperationDefinitionNode)), default=0)
