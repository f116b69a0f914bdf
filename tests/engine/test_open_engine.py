"""Opening and closing the engine leaves the process as it was: one process may open many, one after another."""

import gc
import weakref
from pathlib import Path

from sevenc_sync.config import load
from sevenc_sync.engine.local import open_engine


class Circle:
    """Something that only the collector can take back."""

    def __init__(self) -> None:
        self.me = self


def test_what_is_left_in_circles_is_collected_after_an_engine_is_closed(
    tmp_path: Path, sqlite_template: Path
) -> None:
    (tmp_path / "store.db").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "config.toml").write_text('[store]\nurl = "sqlite:///store.db"\n')
    config = load(tmp_path / "config.toml", {})
    with open_engine(config):
        assert gc.get_freeze_count() > 0
    circle = Circle()
    seen = weakref.ref(circle)
    with open_engine(config):
        del circle
    gc.collect()
    assert seen() is None
