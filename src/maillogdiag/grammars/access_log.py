"""A web server's logs: what a line of them says of mail stands in an address that somebody asked for."""

from __future__ import annotations

from maillogdiag.expressions import expression

# "GET /path HTTP/1.1" 404 … of Apache's and nginx's combined log formats.
ACCESS_LINE = expression(r"\"[A-Z]{3,7} \S{1,2000} HTTP/[\d.]{1,3}\" \d{3} ")
# upstream timed out (110: …) while reading response header from upstream, …, request: "GET /path HTTP/1.1", …
UPSTREAM_LINE = expression(r"upstream [^\n]{1,1000}, request: \"[A-Z]{3,7} \S{1,2000} HTTP/")
