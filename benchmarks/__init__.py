"""How fast maillogdiag is beside tools that only search: `python -m benchmarks [--small] [--markdown]`."""
