"""Envelopes: what journald, syslog, docker, kubectl … put around a line, peeled off.

Found out by content, line by line; several may be nested (compose's prefix around rsyslog's). The application's own
timestamp (Sidekiq's, Zulip's, Mattermost's) is no envelope: its grammar reads it.
"""

from maillogdiag.envelopes.journal_entry import text_of, time_of, unpack_entry, writer_of
from maillogdiag.envelopes.peeled import Peeled
from maillogdiag.envelopes.peeler import Peeler

__all__ = ["Peeled", "Peeler", "text_of", "time_of", "unpack_entry", "writer_of"]
