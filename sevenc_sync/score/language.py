"""The language of conditions: a small part of SQL, parsed by sqlglot, checked word by word, and built as SQLAlchemy.

Only what is listed here exists; everything else is a fault with its nearest valid word. The same walk checks a rule when
it is loaded (over columns that stand for nothing) and builds its expression when clients are scored, so nothing can pass
the check and then mean something else.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlglot
from sqlalchemy import Double, Null, Text, and_, cast, false, func, literal, not_, null, or_, true
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sevenc_sync.score.calls import UNKNOWN, Calls, Typed, name_and_arguments
from sevenc_sync.score.mistakes import cut, nearest
from sevenc_sync.score.sqlfunctions import ascii_lower
from sevenc_sync.score.vocabulary import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    NAMES,
    AnyKind,
    Built,
    Fault,
    Scope,
    Sql,
    Uses,
    ascii_small,
)


def build(text: str, scope: Scope) -> Built:
    """Parse, check and build one expression of the language."""
    walk = _Walk(scope)
    root, faults = _parsed(text)
    if root is None:
        return Built(null(), "unknown", Uses(), faults)
    typed = walk.visit(root, 0)
    uses = Uses(*(frozenset(words) for words in (walk.columns, walk.tags, walk.services, walk.customs)))
    return Built(typed.sql, typed.kind, uses, tuple(walk.faults))


def custom_calls(text: str) -> list[tuple[str, str]]:
    """The custom fields that a text reads: (function, the field's name as it is written there)."""
    tree, _ = _parsed(text)
    calls = [] if tree is None else [name_and_arguments(node) for node in tree.find_all(exp.Anonymous)]
    return [
        (name, str(arguments[0].this))
        for name, arguments in calls
        if name.startswith("custom") and arguments and isinstance(arguments[0], exp.Literal)
    ]


@cache
def _parsed(text: str) -> tuple[exp.Expression | None, tuple[Fault, ...]]:
    if len(text) > MAX_LENGTH:
        return None, (Fault("is too long", f"{len(text)} characters", f"at most {MAX_LENGTH}"),)
    if text.count("(") > MAX_DEPTH:
        return None, (Fault("has too many brackets", f"{text.count('(')}", f"at most {MAX_DEPTH}"),)
    try:
        trees = sqlglot.parse(text)
    except (SqlglotError, RecursionError):
        # sqlglot's own words describe SQL at large; they would send the reader to features that are not here.
        return None, (Fault("cannot be read", cut(text), "an expression"),)
    if len(trees) != 1 or trees[0] is None:
        return None, (Fault("is not one expression", cut(text), "exactly one expression"),)
    tree = trees[0]
    if not isinstance(tree, exp.Expression):
        return None, (Fault("is not an expression", cut(text), "an expression"),)
    return tree, ()


class _Walk(Calls):
    """One walk over one expression."""

    def visit(self, node: Any, depth: int) -> Typed:
        """The node as SQL. An unknown node is a fault, whatever it would have done."""
        if depth > MAX_DEPTH:
            return self.fault("is too deep", cut(node.sql()), f"at most {MAX_DEPTH} levels")
        handler = _NODES.get(type(node).__name__)
        if handler is None:
            return self.call(node, depth) if isinstance(node, exp.Func) else self.foreign(node)
        allowed, method = handler
        extra = [name for name, value in node.args.items() if value and name not in allowed]
        if extra:
            return self.foreign(node)
        return method(self, node, depth + 1)

    def foreign(self, node: Any) -> Typed:
        text = node.sql() if isinstance(node, exp.Expression) else str(node)
        return self.fault("is not part of the language", cut(text))

    def want(self, node: Any, kind: AnyKind, depth: int) -> Sql:
        """The node's SQL, which must be of that kind (null is of every kind)."""
        typed = self.visit(node, depth)
        if typed.kind not in (kind, "null", "unknown"):
            self.fault(f"is {NAMES[typed.kind]}", cut(node.sql()), NAMES[kind])
        return typed.sql

    def alike(self, nodes: Sequence[Any], depth: int) -> tuple[list[Sql], AnyKind]:
        """The nodes' SQL, which must all be of one kind; gives that kind."""
        typed = [self.visit(node, depth) for node in nodes]
        kinds = [item.kind for item in typed if item.kind not in ("null", "unknown")]
        kind: AnyKind = kinds[0] if kinds else "null"
        if any(item.kind == "unknown" for item in typed):
            kind = "unknown"
        for node, item in zip(nodes, typed, strict=True):
            if kinds and item.kind not in (kinds[0], "null", "unknown"):
                self.fault(
                    f"is {NAMES[item.kind]}", cut(node.sql()), f"{NAMES[kinds[0]]} like the other side"
                )
        return [item.sql for item in typed], kind

    # Values

    def node_column(self, node: exp.Column, _: int) -> Typed:
        name, source = node.name, self.scope.source
        if source is None:
            return UNKNOWN
        facts = source.columns
        if name not in facts:
            near = nearest(name, [*facts, *(f for f in FUNCTIONS if f not in facts)])
            quoted = isinstance(node.this, exp.Identifier) and node.this.args.get("quoted")
            hint = "; text stands in single quotes" if quoted else ""
            return self.fault("unknown column", name, f"a column of {source.name}{hint}", near)
        self.columns.add(name)
        return Typed(self.scope.column(name), facts[name].kind)

    def node_literal(self, node: exp.Literal, _: int) -> Typed:
        if node.is_string:
            return Typed(literal(str(node.this), Text()), "text")
        number = float(node.this)
        if not math.isfinite(number):
            return self.fault("is not a number that can be kept", cut(str(node.this)))
        return Typed(literal(number, Double()), "number")

    def node_boolean(self, node: exp.Boolean, _: int) -> Typed:
        return Typed(true() if node.this else false(), "condition")

    def node_null(self, _node: exp.Null, _: int) -> Typed:
        return Typed(null(), "null")

    def node_paren(self, node: exp.Paren, depth: int) -> Typed:
        return self.visit(node.this, depth)

    # Conditions

    def node_and(self, node: exp.And, depth: int) -> Typed:
        return Typed(
            and_(self.want(node.this, "condition", depth), self.want(node.expression, "condition", depth)),
            "condition",
        )

    def node_or(self, node: exp.Or, depth: int) -> Typed:
        return Typed(
            or_(self.want(node.this, "condition", depth), self.want(node.expression, "condition", depth)),
            "condition",
        )

    def node_not(self, node: exp.Not, depth: int) -> Typed:
        return Typed(not_(self.want(node.this, "condition", depth)), "condition")

    def node_comparison(self, node: exp.Binary, depth: int) -> Typed:
        (left, right), kind = self.alike((node.this, node.expression), depth)
        compare = _COMPARISONS[type(node).__name__]
        if kind in ("text", "condition") and compare not in (operator.eq, operator.ne):
            return self.fault(f"compares {NAMES[kind]} by size", cut(node.sql()), "= or <>")
        if isinstance(left, Null) or isinstance(right, Null):
            return self.null_side(node, kind)
        return Typed(compare(left, right), "condition")

    def null_side(self, node: Any, kind: AnyKind) -> Typed:
        # An unknown side also stands as null, and has been told already.
        if kind == "unknown":
            return UNKNOWN
        return self.fault(
            "compares with null, which is never true", cut(node.sql()), "is null or is not null"
        )

    def node_in(self, node: exp.In, depth: int) -> Typed:
        if not node.expressions:
            return self.fault("has an empty list", cut(node.sql()), "values in brackets")
        (value, *options), kind = self.alike((node.this, *node.expressions), depth)
        if kind == "condition":
            return self.fault("lists conditions", cut(node.sql()), "texts, numbers or times")
        if any(isinstance(part, Null) for part in (value, *options)):
            return self.null_side(node, kind)
        return Typed(or_(*[value == option for option in options]), "condition")

    def node_between(self, node: exp.Between, depth: int) -> Typed:
        parts, kind = self.alike((node.this, node.args["low"], node.args["high"]), depth)
        if kind in ("text", "condition"):
            return self.fault(f"compares {NAMES[kind]} by size", cut(node.sql()), "numbers or times")
        if any(isinstance(part, Null) for part in parts):
            return self.null_side(node, kind)
        return Typed(and_(parts[0] >= parts[1], parts[0] <= parts[2]), "condition")

    def node_like(self, node: exp.Binary, depth: int) -> Typed:
        pattern = node.expression
        text = self.want(node.this, "text", depth)
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            return self.fault("has no pattern", cut(node.sql()), "a text in single quotes after like")
        if not _is_pattern(str(pattern.this)):
            return self.fault(
                "is no pattern", cut(str(pattern.this)), "a backslash only before %, _ or a backslash"
            )
        small = literal(ascii_small(str(pattern.this)), Text())
        # SQLite plans a statement anew for each run where a pattern is a parameter by itself.
        result: Sql = ascii_lower(text).like(small + "", escape="\\")
        return Typed(not_(result) if node.args.get("negate") else result, "condition")

    def node_is(self, node: exp.Is, depth: int) -> Typed:
        right = node.expression
        if isinstance(right, exp.Null):
            result: Sql = self.visit(node.this, depth).sql.is_(None)
        elif isinstance(right, exp.Boolean):
            value = self.want(node.this, "condition", depth)
            result = and_(value.is_not(None), value if right.this else not_(value))
        else:
            return self.fault("is not a test", cut(node.sql()), "is null, is not null, is true or is false")
        return Typed(not_(result) if node.args.get("negate") else result, "condition")

    # Arithmetic: always with decimals, so that 1/2 is a half on both databases; by zero gives null.

    def node_arithmetic(self, node: exp.Binary, depth: int) -> Typed:
        left: Sql = cast(self.want(node.this, "number", depth), Double())
        right: Sql = cast(self.want(node.expression, "number", depth), Double())
        symbol = _ARITHMETIC[type(node).__name__]
        if symbol == "/":
            right = func.nullif(right, literal(0.0, Double()))
        return Typed(left.op(symbol, return_type=Double())(right), "number")

    def node_negative(self, node: exp.Neg, depth: int) -> Typed:
        return Typed(-cast(self.want(node.this, "number", depth), Double()), "number")


def _is_pattern(text: str) -> bool:
    """Whether every backslash stands before something that it can quote: the databases differ on the others."""
    rest = text.replace("\\\\", "").replace("\\%", "").replace("\\_", "")
    return "\\" not in rest


_COMPARISONS: Mapping[str, Callable[[Sql, Sql], Sql]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}
_ARITHMETIC: Mapping[str, str] = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}

_Handler = Callable[[_Walk, Any, int], Typed]
# What each node may carry besides its own method: anything more would be dropped in silence, so it is refused.
_NODES: Mapping[str, tuple[frozenset[str], _Handler]] = {
    "Column": (frozenset({"this"}), _Walk.node_column),
    "Literal": (frozenset({"this", "is_string"}), _Walk.node_literal),
    "Boolean": (frozenset({"this"}), _Walk.node_boolean),
    "Null": (frozenset(), _Walk.node_null),
    "Paren": (frozenset({"this"}), _Walk.node_paren),
    "And": (frozenset({"this", "expression"}), _Walk.node_and),
    "Or": (frozenset({"this", "expression"}), _Walk.node_or),
    "Not": (frozenset({"this"}), _Walk.node_not),
    "In": (frozenset({"this", "expressions"}), _Walk.node_in),
    "Between": (frozenset({"this", "low", "high"}), _Walk.node_between),
    "Like": (frozenset({"this", "expression", "negate"}), _Walk.node_like),
    "ILike": (frozenset({"this", "expression", "negate"}), _Walk.node_like),
    "Is": (frozenset({"this", "expression", "negate"}), _Walk.node_is),
    "Neg": (frozenset({"this"}), _Walk.node_negative),
    **{name: (frozenset({"this", "expression"}), _Walk.node_comparison) for name in _COMPARISONS},
    **{
        name: (frozenset({"this", "expression", "typed", "safe"}), _Walk.node_arithmetic)
        for name in _ARITHMETIC
    },
}
