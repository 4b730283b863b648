"""The command line: options, wiring and printing; no logic."""
