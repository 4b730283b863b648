"""Applications' settings files: file → settings → contradictions. Passwords are never kept."""

from maillogdiag.settings.contradictions import Contradiction, contradictions_of
from maillogdiag.settings.files import is_support_packet
from maillogdiag.settings.model import Entry, Field, Settings
from maillogdiag.settings.reading import Configuration, read_settings, read_text

__all__ = [
    "Configuration",
    "Contradiction",
    "Entry",
    "Field",
    "Settings",
    "contradictions_of",
    "is_support_packet",
    "read_settings",
    "read_text",
]
