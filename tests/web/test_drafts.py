"""Rules that do not count yet, as the console shows them."""

from html import escape
from pathlib import Path
from typing import Any

import pytest

from sevenc_sync.store.clients import client_names


def test_a_draft_tells_whose_targets_would_be_others(
    console: Any, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with console.engine.store.read() as connection:
        chosen = min(client_names(connection).items())
    (tmp_path / "own.toml").write_text(
        f'[[group]]\nid = "own"\nclients = ["{chosen[1]}"]\ntarget = 4.5\n', encoding="utf-8"
    )
    monkeypatch.setattr("sevenc_sync.web.house._drafts", lambda _: {"vips": tmp_path})
    client.sign_in("vera")
    status, page, _ = client.ask("/rules?draft=vips")
    assert status == 200
    assert f'<li><a href="/clients/{chosen[0]}">{escape(chosen[1])}</a>: 3 → 4.5 for all areas</li>' in page
    assert "0 clients would move" in page
