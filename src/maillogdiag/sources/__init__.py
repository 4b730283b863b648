"""Where log text comes from: files, archives, the systemd journal, standard input."""

from maillogdiag.sources.following import open_followed
from maillogdiag.sources.paths import open_inputs

__all__ = ["open_followed", "open_inputs"]
