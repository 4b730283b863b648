"""The lab: real mail clients against a misbehaving SMTP server; their logs become the test fixtures.

Run it with `python -m tests.lab` (see docs/lab.md). Every run happens in its own network and mount namespace, so
that real port numbers, documentation addresses and an application's usual paths can be used without touching the
machine, and nothing is left running when it ends.
"""
