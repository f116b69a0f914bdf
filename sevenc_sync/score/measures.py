"""The closed list of measures: how rows become a value.

A new need is a new measure here with tests, not a bigger language.
"""

from collections.abc import Mapping

from sevenc_sync.score.counted import COUNTED
from sevenc_sync.score.dated import DATED
from sevenc_sync.score.reading import Measure

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in (*COUNTED, *DATED)}
