"""NethServer 8: the smarthost's variables in the environment of a module.

Facts: ns8-core's agent.get_smarthost_settings, and the discover-smarthost scripts of the modules, which write "1" for
yes and nothing for no. The password may be in a file of its own.
"""

from __future__ import annotations

from collections.abc import Set

from maillogdiag.settings.application import Application, Fields, is_true, value_of
from maillogdiag.settings.model import Behaviour, Field


def _behaviour(fields: Fields, forms: Set[str]) -> Behaviour:
    mode = value_of(fields, Field.TLS)
    is_known = bool(mode)
    return Behaviour(
        tls=mode == "tls" if is_known else None,
        starttls=mode == "starttls" if is_known else None,
        in_clear=mode == "none" if is_known else None,
        sends=is_true(fields, Field.SWITCH) if Field.SWITCH in fields else None,
        has_password_file=Field.PASSWORD in fields,
        verifies=Field.VERIFY not in fields or is_true(fields, Field.VERIFY),
        in_container=True,
    )


NETHSERVER = Application(
    name="nethserver",
    keys={
        "SMTP_HOST": Field.SERVER,
        "SMTP_PORT": Field.PORT,
        "SMTP_USERNAME": Field.USER,
        "SMTP_PASSWORD": Field.PASSWORD,
        "SMTP_FROM_ADDRESS": Field.SENDER,
        "SMTP_ENCRYPTION": Field.TLS,
        "SMTP_ENCRYPT": Field.TLS,
        "SMTP_TLSVERIFY": Field.VERIFY,
        "SMTP_ENABLED": Field.SWITCH,
    },
    signs=("SMTP_ENABLED", "SMTP_TLSVERIFY"),
    places=(),
    behaviour=_behaviour,
)
