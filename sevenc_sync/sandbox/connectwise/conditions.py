"""The vendor's filter language: text to a test of one record.

    board/name="Help Desk" and (status/id in (5,6) or lastUpdated > [2026-01-31T00:00:00Z]) and parentTicketId = null

Words of the language and field names are read in any case. A comparison with a missing value is false, as in SQL,
except `= null`; texts compare without regard to case, as the vendor's database does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sevenc_sync.sandbox.connectwise.schema import Kind, resolve

Record = Mapping[str, Any]
Test = Callable[[Record], bool]
Mode = Literal["conditions", "child", "custom"]

TOKEN = re.compile(
    r"""\s*(?:
      (?P<moment>\[[^\]]*\]) |
      (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|''|[^'\\])*') |
      (?P<number>-?\d+(?:\.\d+)?(?![\w/])) |
      (?P<op><=|>=|!=|<>|=|<|>) |
      (?P<mark>[(),]) |
      (?P<word>[A-Za-z_][\w]*(?:/[A-Za-z_]\w*)*)
    )""",
    re.VERBOSE,
)
MOMENT_TEXT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
RESERVED = frozenset({"and", "or", "in", "not", "like", "contains", "null", "true", "false"})


class FilterError(ValueError):
    """A filter that the vendor refuses; `name` is set when the fault is a name that it does not know."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date-time of a filter in the form of the wire, so that texts compare as times do."""

    text: str


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    value: Any = None


def compile_filter(text: str, record_type: str, mode: Mode = "conditions") -> Test:
    """The test that a filter text makes of a record of this type. Raises FilterError with the vendor's words.

    `child` filters look into the lists of a record: one element must meet the whole filter. `custom` filters
    name `caption`, `value` and the like of one custom field.
    """
    parser = _Parser(_tokens(text), record_type, mode)
    test = parser.expression()
    parser.end()
    if mode == "conditions":
        return test
    root = "customFields" if mode == "custom" else parser.root
    if root is None:
        raise FilterError("childConditions need the name of a list")

    def on_elements(record: Record) -> bool:
        elements = record.get(root)
        return isinstance(elements, list) and any(test({root: element}) for element in elements)

    return on_elements


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise FilterError(f"Syntax error in condition at {text[position : position + 20]!r}.")
        position = match.end()
        kind = match.lastgroup or ""
        tokens.append(_token(kind, match.group(kind)))
    return tokens


def _token(kind: str, text: str) -> _Token:  # noqa: PLR0911 (one line for each kind of token)
    match kind:
        case "moment":
            return _Token("value", text, Moment(_moment(text[1:-1].strip())))
        case "text":
            body = text[1:-1]
            if text[0] == "'":
                body = body.replace("''", "'")
            return _Token("value", text, re.sub(r"\\(.)", r"\1", body))
        case "number":
            return _Token("value", text, float(text) if "." in text else int(text))
        case "word" if text.casefold() in {"true", "false"}:
            return _Token("value", text, text.casefold() == "true")
        case "word" if text.casefold() == "null":
            return _Token("value", text, None)
        case "word" if text.casefold() in RESERVED:
            return _Token("keyword", text.casefold())
        case _:
            return _Token(kind, "!=" if text == "<>" else text)


def _moment(text: str) -> str:
    """A filter's time in the wire's form. An offset is dropped unread, as the vendor does: only UTC filters rightly."""
    match = MOMENT_TEXT.fullmatch(text)
    if match is None:
        raise FilterError(f"String '{text}' was not recognized as a valid DateTime.")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"


class _Parser:
    """Recursive descent: or, and, comparison or parenthesis."""

    def __init__(self, tokens: list[_Token], record_type: str, mode: Mode) -> None:
        self.tokens = tokens
        self.place = 0
        self.record_type = record_type
        self.mode = mode
        self.root: str | None = None

    def expression(self) -> Test:
        parts = [self._all()]
        while self._take("keyword", "or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise FilterError(f"Syntax error in condition near '{self.tokens[self.place].text}'.")

    def _all(self) -> Test:
        parts = [self._one()]
        while self._take("keyword", "and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _one(self) -> Test:
        if self._take("mark", "("):
            inner = self.expression()
            self._need("mark", ")")
            return inner
        name = self._need("word").text
        keys, kind = self._field(name)
        return _comparison(keys, kind, *self._operation(name, kind))

    def _field(self, name: str) -> tuple[tuple[str, ...], Kind]:
        found = resolve(self.record_type, f"customFields/{name}" if self.mode == "custom" else name)
        if found is None:
            raise FilterError(f"{name} is not a recognized name.")
        if self.mode == "child":
            root = found[0][0]
            if self.root not in {None, root}:
                raise FilterError("childConditions must name one list")
            self.root = root
        return found

    def _operation(self, name: str, kind: Kind) -> tuple[str, Any]:
        negated = "not " if self._take("keyword", "not") else ""
        if self._take("keyword", "in"):
            if self.mode == "child":
                raise FilterError("Syntax error in condition near 'in'.")
            return f"{negated}in", self._list(kind)
        for word in ("like", "contains"):
            if self._take("keyword", word):
                return f"{negated}{word}", str(self._need("value").value)
        if negated:
            raise FilterError(f"Syntax error in condition near '{name} not'.")
        operator = self._need("op").text
        return operator, _literal(kind, self._need("value").value)

    def _list(self, kind: Kind) -> list[Any]:
        self._need("mark", "(")
        values = [_literal(kind, self._need("value").value)]
        while self._take("mark", ","):
            values.append(_literal(kind, self._need("value").value))
        self._need("mark", ")")
        return values

    def _take(self, kind: str, text: str) -> bool:
        if (
            self.place < len(self.tokens)
            and self.tokens[self.place].kind == kind
            and self.tokens[self.place].text == text
        ):
            self.place += 1
            return True
        return False

    def _need(self, kind: str, text: str | None = None) -> _Token:
        if self.place >= len(self.tokens):
            raise FilterError("Syntax error in condition: unexpected end.")
        token = self.tokens[self.place]
        if token.kind != kind or (text is not None and token.text != text):
            raise FilterError(f"Syntax error in condition near '{token.text}'.")
        self.place += 1
        return token


def _literal(kind: Kind, value: Any) -> Any:
    """A filter's value in the form of the field's values; refused where it cannot be one."""
    if value is None or kind.word in {"any", "map", "record", "list"}:
        return value.text if isinstance(value, Moment) else value
    if isinstance(value, Moment):
        return value.text
    match kind.word:
        case "int" | "num":
            if isinstance(value, bool):
                raise FilterError("Cannot compare a number with a boolean.")
            try:
                return float(value)
            except ValueError:
                raise FilterError("Input string was not in a correct format.") from None
        case "bool":
            if not isinstance(value, bool):
                raise FilterError("String was not recognized as a valid Boolean.")
            return value
        case "enum":
            if str(value).casefold() not in {choice.casefold() for choice in kind.choices}:
                raise FilterError("Enum value supplied was invalid")
            return str(value).casefold()
        case _:
            return str(value).casefold()


def _comparison(keys: tuple[str, ...], kind: Kind, operator: str, wanted: Any) -> Test:
    test = _value_test(operator, wanted)
    folds = kind.word in {"str", "enum", "any"}

    def check(record: Record) -> bool:
        value: Any = record
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if folds and isinstance(value, str):
            value = value.casefold()
        return test(value)

    return check


def _value_test(operator: str, wanted: Any) -> Callable[[Any], bool]:  # noqa: PLR0911 (one line for each operator)
    folded = wanted.casefold() if isinstance(wanted, str) else wanted
    match operator:
        case "=":
            return lambda value: _equal(value, folded)
        case "!=":
            return (
                (lambda value: value is not None)
                if wanted is None
                else lambda value: value is not None and not _equal(value, folded)
            )
        case "in":
            options = [w.casefold() if isinstance(w, str) else w for w in wanted]
            return lambda value: any(_equal(value, option) for option in options)
        case "not in":
            options = [w.casefold() if isinstance(w, str) else w for w in wanted]
            return lambda value: value is not None and not any(_equal(value, option) for option in options)
        case "contains":
            return lambda value: isinstance(value, str) and folded in value
        case "not contains":
            return lambda value: isinstance(value, str) and folded not in value
        case "like" | "not like":
            pattern = re.compile(".*".join(re.escape(part) for part in re.split("[%*]", folded)), re.DOTALL)
            hit = operator == "like"
            return lambda value: isinstance(value, str) and (pattern.fullmatch(value) is not None) == hit
        case _:
            return lambda value: _ordered(value, operator, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted
    if isinstance(value, str) and isinstance(wanted, int | float):
        return value == str(wanted)
    return bool(value == wanted)


def _ordered(value: Any, operator: str, wanted: Any) -> bool:
    if (
        value is None
        or wanted is None
        or isinstance(value, str) != isinstance(wanted, str)
        or isinstance(value, dict | list)
    ):
        return False
    match operator:
        case "<":
            return bool(value < wanted)
        case "<=":
            return bool(value <= wanted)
        case ">":
            return bool(value > wanted)
        case _:
            return bool(value >= wanted)
