"""The YAML rule base: load, validate, match, lint."""
