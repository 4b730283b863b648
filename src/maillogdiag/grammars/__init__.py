"""The applications' log languages, one module each, in pyparsing."""
