"""Another configuration for a running engine."""

from collections.abc import Mapping

from sevenc_sync import logs
from sevenc_sync.config import Configuration
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.rulefiles import RuleFiles, rule_directories
from sevenc_sync.engine.sync_job import open_accounts
from sevenc_sync.registry import connectors
from sevenc_sync.score import RulesInvalid


class Refused(Exception):
    """The configuration is right, but cannot be taken over by a running process; the text says why."""


def reconfigure(engine: Engine, config: Configuration) -> Mapping[str, object]:
    """Let the engine work with another configuration from its next job on; gives what is new, for the log.

    Raises Refused, or StoreProblem when an account's name was another connector's; the engine is then as it was.
    """
    if config.store_url != engine.config.store_url:
        raise Refused("store.url has changed, which needs a restart: systemctl restart sevenc-sync")
    if config.settings.engine != engine.config.settings.engine:
        raise Refused("engine has changed, which needs a restart: systemctl restart sevenc-sync")
    if config.settings.workers != engine.config.settings.workers:
        raise Refused("the section workers has changed, which needs a restart: systemctl restart sevenc-sync")
    if config.settings.web != engine.config.settings.web:
        raise Refused("the section web has changed, which needs a restart: systemctl restart sevenc-sync")
    try:
        files = RuleFiles(rule_directories(config))
    except RulesInvalid as error:
        raise Refused("; ".join(str(mistake) for mistake in error.mistakes)) from error
    if not any(settings.enabled for settings in config.accounts.values()):
        raise Refused("the configuration has no enabled account")
    known = connectors()
    pairs = [(settings, known[settings.connector]) for settings in config.accounts.values()]
    accounts = open_accounts(engine.store, pairs)
    before = {account.name: account for account in engine.accounts}
    after = {account.name: account for account in accounts}
    changed = [
        name
        for name, account in after.items()
        if name in before and account.settings != before[name].settings
    ]
    engine.take_over(config, accounts, files)
    logs.set_level(config.settings.logs.level)
    return {
        "accounts": sorted(after),
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(changed),
        "rules": files.book.at(engine.clock()).hash,
    }
