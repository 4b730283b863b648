"""All detectors of personal values, in their order: what one replaced is none of the next one's."""

from __future__ import annotations

from maillogdiag.redaction.accounts import ACCOUNTS
from maillogdiag.redaction.host_names import HOST_NAMES
from maillogdiag.redaction.ip_addresses import IP_ADDRESSES
from maillogdiag.redaction.mail_addresses import MAIL_ADDRESSES
from maillogdiag.redaction.writings import WRITINGS

PERSONAL = (*WRITINGS, *MAIL_ADDRESSES, *ACCOUNTS, *HOST_NAMES, *IP_ADDRESSES)
"""Whose mail it was, and whose server it is."""
