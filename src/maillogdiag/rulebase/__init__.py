"""The YAML rule base: load, validate, match, lint."""

from maillogdiag.rulebase.base import RuleBase, load_rules
from maillogdiag.rulebase.checking import check
from maillogdiag.rulebase.coverage import coverage
from maillogdiag.rulebase.describing import describe_rule

__all__ = ["RuleBase", "check", "coverage", "describe_rule", "load_rules"]
