"""The YAML rule base: load, validate, match, lint."""

from maillogdiag.rulebase.base import RuleBase, load_rules
from maillogdiag.rulebase.checking import check
from maillogdiag.rulebase.describing import describe_rule

__all__ = ["RuleBase", "check", "describe_rule", "load_rules"]
