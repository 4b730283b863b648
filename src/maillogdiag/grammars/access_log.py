"""A web server's access log: what a line of it says of mail stands in an address that somebody asked for."""

from __future__ import annotations

from maillogdiag.expressions import expression

# "GET /path HTTP/1.1" 404 … of Apache's and nginx's combined log formats.
ACCESS_LINE = expression(r"\"[A-Z]{3,7} \S{1,2000} HTTP/[\d.]{1,3}\" \d{3} ")
