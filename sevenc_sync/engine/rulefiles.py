"""The rule files of a running process: read again when they change, and never worse than before."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from sevenc_sync.config import Configuration
from sevenc_sync.score import Mistake, RuleBook, RulesInvalid, builtin_rules_dir, load_book

log = structlog.get_logger("rules")

_Stamp = tuple[tuple[str, int, int, int], ...]


def rule_directories(config: Configuration) -> list[Path]:
    """The directories of the rules in the order in which they are read: the built-in one, then the operator's."""
    own = [config.path.parent / directory for directory in config.settings.rules.directories]
    return [builtin_rules_dir(), *own]


class RuleFiles:
    """What the rule files say. Raises RulesInvalid when they have mistakes at the beginning."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = list(directories)
        self._stamp = self._look()
        self._told: set[Mistake] = set()
        self.book: RuleBook = load_book(self._directories)

    def refresh(self) -> None:
        """Read the operator's files again if one of them changed. Rules with mistakes change nothing.

        Each mistake is logged once, until the files are right again.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return
        # Noted before reading: what changes meanwhile is seen the next time.
        self._stamp = stamp
        try:
            self.book = load_book(self._directories)
        except RulesInvalid as error:
            self._tell(error.mistakes)
            return
        self._told.clear()
        log.info("rules read again")

    def _tell(self, mistakes: Sequence[Mistake]) -> None:
        for mistake in mistakes:
            if mistake not in self._told:
                log.error("rule mistake", mistake=str(mistake))
        self._told |= set(mistakes)
        action = "Mend the files; until then the rules that were read before stay in force."
        log.error("rules kept", mistakes=len(mistakes), action=action)

    def _look(self) -> _Stamp:
        """What tells whether a file changed. The built-in ones change with the program only, at its next start."""
        found = []
        for directory in self._directories[1:]:
            for path in sorted(directory.glob("*.toml")):
                try:
                    state = path.stat()
                except OSError:
                    continue  # gone since it was listed: another stamp either way
                found.append((str(path), state.st_mtime_ns, state.st_size, state.st_ino))
        return tuple(found)
