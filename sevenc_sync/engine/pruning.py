"""Letting go of what the configuration does not keep."""

from datetime import datetime, timedelta

from sevenc_sync.config import Configuration
from sevenc_sync.score.inputstore import prune_inputs
from sevenc_sync.store.database import Store
from sevenc_sync.store.prune import Keep, prune


def prune_store(
    store: Store, config: Configuration, now: datetime, replay_days: int | None = None
) -> dict[str, int]:
    """Delete what is older than `[keep]` says, and what only replays older than `store.replay_days` need.

    Gives the number of rows by kind. `replay_days` stands before the configuration's.
    """
    settings = config.settings
    days = settings.store.replay_days if replay_days is None else replay_days
    with store.write() as connection:
        inputs = prune_inputs(connection, now - timedelta(days=days))
        return {"inputs of old scores": inputs, **prune(connection, Keep(**settings.keep.model_dump()), now)}
