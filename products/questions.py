"""Questions that every page asks: compiled to SQL once in a process, and then only asked.

To turn a queryset into SQL takes Django one to four milliseconds of CPU, ten times what it takes to send the statement and
to make objects of its rows. What is asked is unchanged: the same managers, the same named verbs, the same objects.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, ForeignObject, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

T = TypeVar("T")

Given = int | str | Sequence[int] | Sequence[str]
"""What a question may be asked with. Lists stand in `field__any_of=`, never in `field__in=`."""


@ForeignObject.register_lookup
@Field.register_lookup
class AnyOf(Lookup):
    """`field__any_of=[…]`: as `__in`, but one parameter however many values there are, none included."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # the stubs know integers alone
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*parameters, self.rhs]


@dataclass(frozen=True, slots=True)
class _Compiled(Generic[T]):
    rows: QuerySet[Any, T]
    compiler: SQLCompiler
    statement: str
    parameters: tuple[Any, ...]
    converters: Any


class Question(Generic[T]):
    """A queryset that differs from call to call in a few values only. Each call asks the database, in one query.

    `ask` makes the queryset of the values. It is called once, with others in their place, and must do no more with
    them than to hand them to lookups, nor read the clock; the values of later calls are put where those went.
    """

    def __init__(self, ask: Callable[..., QuerySet[Any, T]]) -> None:
        self._ask = ask
        self._compiled: _Compiled[T] | None = None

    def __call__(self, *values: Given | None) -> list[T]:
        """The rows. None is equal to nothing in a database, so a question that is asked with it finds none."""
        if None in values:
            return []
        return self._answer([value for value in values if value is not None])

    def _answer(self, values: Sequence[Given]) -> list[T]:
        compiled = self._compiled = self._compiled or self._compile(values)
        parameters = tuple(_filled(parameter, values) for parameter in compiled.parameters)
        rows = compiled.rows.all()
        compiler = copy.copy(compiled.compiler)
        compiler.connection, compiler.query = connections[DEFAULT_DB_ALIAS], rows.query
        compiler.as_sql = lambda *_, **__: (compiled.statement, parameters)  # type: ignore[method-assign]
        compiler.get_converters = lambda *_: compiled.converters  # type: ignore[method-assign]
        rows.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return list(rows)

    def _compile(self, values: Sequence[Given]) -> _Compiled[T]:
        marks = [_mark(place, value) for place, value in enumerate(values)]
        rows = self._ask(*marks)
        compiler = rows.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
        statement, parameters = compiler.as_sql()
        for mark in marks:
            if not any(_bears(parameter, mark) for parameter in parameters):
                raise TypeError("A value of this question went elsewhere than to the database.")
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return _Compiled(rows, compiler, statement, tuple(parameters), converters)


# What stands in a compiled statement where a value of a call goes: a number, or a text, that nobody else uses.

_FIRST = 2**31 - 100_000  # in the range of every key: Django answers what no column can hold by itself
_TEXT = "\ue000{}\ue000"


def _mark(place: int, value: Given) -> Given:
    if isinstance(value, int):
        return _FIRST + place
    return _TEXT.format(place) if isinstance(value, str) else [_TEXT.format(place)]


def _bears(parameter: object, mark: Given) -> bool:
    return parameter == mark or (isinstance(parameter, str) and isinstance(mark, str) and mark in parameter)


def _filled(parameter: Any, values: Sequence[Given]) -> Any:
    """A parameter with the value of this call in it. The text of a LIKE is escaped as Django does."""
    for place, value in enumerate(values):
        mark = _mark(place, value)
        if parameter == mark:
            return value if isinstance(value, int | str) else list(value)
        if isinstance(value, str) and _bears(parameter, mark):
            return parameter.replace(mark, connection.ops.prep_for_like_query(value))
    return parameter
