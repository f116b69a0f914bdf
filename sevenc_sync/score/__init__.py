"""The rules and the score: (evidence, rules, clock) to a result, with the proof behind every number. No network."""

from sevenc_sync.score.billing import Balance, balances, differing
from sevenc_sync.score.due import Basis, Due, due
from sevenc_sync.score.estate import Estate, Line, Ref, read_estates
from sevenc_sync.score.examples import examples, names_of
from sevenc_sync.score.explain import Explained, explain, explain_indicators
from sevenc_sync.score.families import Mapped, line_to_paste
from sevenc_sync.score.feeds import Feeds, Sources
from sevenc_sync.score.groups import group_test
from sevenc_sync.score.history import Change, Kind, count_changes, history, levels_at
from sevenc_sync.score.inputstore import prune_inputs
from sevenc_sync.score.ladders import LEVEL_NAMES
from sevenc_sync.score.listing import EvidenceRow
from sevenc_sync.score.loading import builtin_rules_dir, load_book, load_rules
from sevenc_sync.score.mistakes import Mistake, RulesInvalid
from sevenc_sync.score.offering import Offer, offers, to_build
from sevenc_sync.score.parties import Duty, read_duties
from sevenc_sync.score.peers import Peer, Standing, read_peers, standing
from sevenc_sync.score.plan import plan_keeper
from sevenc_sync.score.portfolio import (
    BlockLevel,
    Headline,
    count_levels,
    headlines,
    levels,
    part_levels,
    score_lines,
)
from sevenc_sync.score.preview import Move, TargetMove, moves, preview, rule_changes, target_moves
from sevenc_sync.score.reach import Coverage, coverage
from sevenc_sync.score.replay import CannotReplay, Replayed, replay
from sevenc_sync.score.results import ClientResult, IndicatorResult, PartResult, ScoreSummary
from sevenc_sync.score.rulebook import Dated, RuleBook
from sevenc_sync.score.rules import Area, Block, Indicator, Rules
from sevenc_sync.score.saving import OnSaved, OnScored, score_clients
from sevenc_sync.score.steps import ClientPlan, PlanArea, Step, read_plan
from sevenc_sync.score.stored import load_results, stored_results
from sevenc_sync.score.tagging import tag_phrases
from sevenc_sync.score.targets import Found, find_target
from sevenc_sync.score.whatif import Fix, TooMany, WhatIf, what_if
from sevenc_sync.score.words import WordRule

__all__ = [
    "LEVEL_NAMES",
    "Area",
    "Balance",
    "Basis",
    "Block",
    "BlockLevel",
    "CannotReplay",
    "Change",
    "ClientPlan",
    "ClientResult",
    "Coverage",
    "Dated",
    "Due",
    "Duty",
    "Estate",
    "EvidenceRow",
    "Explained",
    "Feeds",
    "Fix",
    "Found",
    "Headline",
    "Indicator",
    "IndicatorResult",
    "Kind",
    "Line",
    "Mapped",
    "Mistake",
    "Move",
    "Offer",
    "OnSaved",
    "OnScored",
    "PartResult",
    "Peer",
    "PlanArea",
    "Ref",
    "Replayed",
    "RuleBook",
    "Rules",
    "RulesInvalid",
    "ScoreSummary",
    "Sources",
    "Standing",
    "Step",
    "TargetMove",
    "TooMany",
    "WhatIf",
    "WordRule",
    "balances",
    "builtin_rules_dir",
    "count_changes",
    "count_levels",
    "coverage",
    "differing",
    "due",
    "examples",
    "explain",
    "explain_indicators",
    "find_target",
    "group_test",
    "headlines",
    "history",
    "levels",
    "levels_at",
    "line_to_paste",
    "load_book",
    "load_results",
    "load_rules",
    "moves",
    "names_of",
    "offers",
    "part_levels",
    "plan_keeper",
    "preview",
    "prune_inputs",
    "read_duties",
    "read_estates",
    "read_peers",
    "read_plan",
    "replay",
    "rule_changes",
    "score_clients",
    "score_lines",
    "standing",
    "stored_results",
    "tag_phrases",
    "target_moves",
    "to_build",
    "what_if",
]
