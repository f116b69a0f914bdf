"""A run computed again from what was kept of it: its inputs, its rules and its clock; the evidence is not looked at."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, func, select

from sevenc_sync import __version__
from sevenc_sync.clock import from_seconds
from sevenc_sync.score.inputs import canonical, client_result
from sevenc_sync.score.inputstore import inputs_at, scope_clients
from sevenc_sync.score.packs import load_pack
from sevenc_sync.score.results import ClientResult
from sevenc_sync.score.rules import Rules
from sevenc_sync.store.tables import client_score, indicator_score, score_history, score_run


class CannotReplay(Exception):
    """The run cannot be computed again; the text says why."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A score (kind client, empty slug) or a level that comes out other than it was. None: unknown."""

    client: int
    name: str
    kind: Literal["client", "block", "area", "indicator"]
    slug: str
    was: float | None
    found: float | None


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found. `version` is that of the program that scored, `this_version` that of this one.

    `differences` names what the history and the stored results tell apart; more may differ in what neither keeps.
    """

    run: int
    at: datetime
    rules_hash: str
    version: str
    this_version: str
    clients: int
    digest: str
    found: str
    differences: tuple[Difference, ...]

    @property
    def is_identical(self) -> bool:
        """Whether all results are the same to the byte."""
        return self.digest == self.found


def replay(connection: Connection, run: int) -> Replayed:
    """Compute the run's results again and compare. Raises CannotReplay."""
    row = connection.execute(select(score_run).where(score_run.c.id == run)).first()
    if row is None:
        newest = connection.execute(select(func.max(score_run.c.id))).scalar()
        last = "nothing was scored yet" if newest is None else f"the newest is {newest}"
        raise CannotReplay(f"there is no score run {run}; {last}.")
    if row.version is None:
        raise CannotReplay(f"score run {run} was made by a version that kept no inputs.")
    if row.scope is None:
        raise CannotReplay(
            f"the inputs of score run {run} are no longer kept; store.replay_days says how long."
        )
    if row.digest is None:
        raise CannotReplay(f"score run {run} did not come to its end, so there is nothing to compare with.")
    rules = _rules(connection, row)
    results = _results(connection, row, rules)
    digest = hashlib.sha256()
    for result in results:
        digest.update(canonical(result))
    found = digest.hexdigest()
    return Replayed(
        run=run,
        at=from_seconds(row.at),
        rules_hash=row.rules_hash,
        version=row.version,
        this_version=__version__,
        clients=len(results),
        digest=row.digest,
        found=found,
        differences=() if found == row.digest else tuple(_differences(connection, run, results)),
    )


def _rules(connection: Connection, row: Any) -> Rules:
    try:
        rules = load_pack(connection, row.rules_hash)
    except (msgspec.DecodeError, zlib.error) as error:
        raise CannotReplay(
            f"the rules of score run {row.id} are kept in the form of version {row.version}; this is {__version__}: {error}"
        ) from error
    if rules is None:
        raise CannotReplay(f"the rules {row.rules_hash} of score run {row.id} are no longer kept.")
    return rules


def _results(connection: Connection, row: Any, rules: Rules) -> list[ClientResult]:
    clients = scope_clients(row.scope)
    try:
        inputs = inputs_at(connection, row.id, clients)
        results = [client_result(rules, from_seconds(row.at), item) for _, item in sorted(inputs.items())]
    except (msgspec.DecodeError, zlib.error, KeyError) as error:
        raise CannotReplay(
            f"the inputs of score run {row.id} cannot be read; they were kept by version {row.version}, this is {__version__}: {error}"
        ) from error
    missing = len(clients) - len(results)
    if missing:
        raise CannotReplay(
            f"the inputs of {missing} of {len(clients)} clients of score run {row.id} are not there."
        )
    return results


def _differences(connection: Connection, run: int, results: Sequence[ClientResult]) -> Iterator[Difference]:
    """What differs from what was noted: levels in the history up to the run, indicators where they still stand."""
    clients = [result.client for result in results]
    noted = _noted(connection, run, clients)
    standing = _standing(connection, run, clients)
    for result in results:
        kept = noted.get(result.client, {})
        levels: list[
            tuple[Literal["client", "block", "area", "indicator"], str, float | None, float | None]
        ] = [("client", "", kept.get(("client", "")), result.score)]
        levels += [
            (part.kind, part.slug, kept.get((part.kind, part.slug)), part.level)
            for part in (*result.blocks, *result.areas)
        ]
        for item in result.indicators:
            if result.client in standing:
                levels.append(("indicator", item.id, standing[result.client].get(item.id), item.level))
            else:
                was = kept.get(("indicator", item.id))
                # The history has an indicator's level as it was when it last was noted: only whole levels can be compared.
                found = was if _same_whole(was, item.level) else item.level
                levels.append(("indicator", item.id, was, found))
        for kind, slug, was, found in levels:
            if was != found:
                yield Difference(
                    client=result.client, name=result.name, kind=kind, slug=slug, was=was, found=found
                )


def _same_whole(one: float | None, two: float | None) -> bool:
    return (one is None) == (two is None) and (one is None or two is None or int(one) == int(two))


def _noted(
    connection: Connection, run: int, clients: Sequence[int]
) -> dict[int, dict[tuple[str, str], float | None]]:
    """Levels by client, kind and slug as the history has them at the run."""
    statement = (
        select(score_history)
        .where(score_history.c.client.in_(clients), score_history.c.score_run <= run)
        .order_by(score_history.c.id)
    )
    found: dict[int, dict[tuple[str, str], float | None]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.client, {})[row.kind, row.slug] = row.level
    return found


def _standing(connection: Connection, run: int, clients: Sequence[int]) -> dict[int, dict[str, float | None]]:
    """Indicators' levels of clients whose stored result no later run has changed."""
    statement = (
        select(indicator_score.c.client, indicator_score.c.indicator, indicator_score.c.level)
        .join(client_score, client_score.c.client == indicator_score.c.client)
        .where(client_score.c.score_run <= run, client_score.c.client.in_(clients))
    )
    found: dict[int, dict[str, float | None]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.client, {})[row.indicator] = row.level
    return found
