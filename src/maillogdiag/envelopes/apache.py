"""Apache's error log, which has what PHP, mod_wsgi and CGI programs print (ErrorLogFormat's default, and 2.2's).

[Tue Nov 03 09:15:00.171226 2026] [wsgi:error] [pid 7:tid 140366736254720] [remote 192.0.2.7:4711] text
[Tue Nov 03 09:15:00 2026] [error] [client 192.0.2.7] text
"""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import CLOCK, iso_time, month_number
from maillogdiag.expressions import expression

_LINE = expression(
    rf"\[[A-Z][a-z]{{2}} (?P<month>[A-Z][a-z]{{2}}) (?P<day>\d\d) {CLOCK} (?P<year>\d{{4}})\] "
    r"\[(?:\w{0,40}:)?[a-z]{4,6}\d?\](?: |$)(?:\[pid (?P<pid>\d{1,10})(?::tid \d{1,20})?\] )?"
    r"(?:\[(?:client|remote) [^\]\s]{1,80}\] )?"
    # Elsewhere the level may be all that tells of an error.
    r"(?P<rest>(?:\s|\d{4}-\d\d-\d\d[T ]|Traceback \(|File \"|(?:[A-Za-z_]\w{0,60}\.){0,6}[A-Z]\w{1,60}(?:: |$)).*)",
    re.DOTALL,
)


def _unpack(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    month = month_number(found["month"])
    if month is None:
        return None
    fraction = f".{found['fraction']}" if found["fraction"] else ""
    time = iso_time(f"{found['year']}-{month:02}-{found['day']}T{found['clock']}{fraction}")
    return outer.unpacked(found["rest"], "Apache error log", time=time, pid=found["pid"])


APACHE_ENVELOPES = (Envelope("[", _LINE, _unpack),)
