"""How much of the framework the built-in rules speak of."""

from sevenc_sync.score import Rules


def test_the_rules_speak_of_every_area(rules: Rules) -> None:
    assert len(rules.indicators) == 77
    assert {item.area for item in rules.indicators} == set(rules.area_by_slug)
