"""Programs and words that are not about mail that goes out, though they name SMTP, its ports or its replies."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.grammars.access_log import ACCESS_LINE
from maillogdiag.grammars.worded import WordedPattern

_PROGRAMS = frozenset({
    # name servers
    "named", "unbound", "dnsmasq", "systemd-resolved", "coredns", "pdns_recursor", "kresd",
    # who lets others in
    "sshd", "sshd-session", "dropbear", "saslauthd", "courieresmtpd",
    # who judges the mail of others, or signs one: the mail server says what becomes of it
    "rspamd", "rspamd_proxy", "spamd", "amavis", "clamd", "clamav-milter", "opendkim", "opendmarc", "postgrey",
    "policyd-spf", "policy-spf", "policyd-weight", "postfwd",
    # proxies, probes and sensors
    "haproxy", "traefik", "kubelet", "blackbox_exporter", "suricata", "snort",
    # certificates
    "certbot", "acme.sh", "lego",
})  # fmt: skip
"""Programs that hand over no mail themselves, as the system's log calls them; some lead others to a mail server."""

# reply := code (" " | "-") enhanced status code of the same class (RFC 3463)
REPLY = WordedPattern(
    r"(?:^|[\s:\"'(\[>=,])(?:smtp; ?)?(?P<class>[45])\d\d[ -](?P=class)\.[0-7]\.\d{1,3}(?![\d.])",
    (" 4.", "-4.", " 5.", "-5."),
)
# One without an enhanced status code; HTTP's codes, ports and exit statuses are none.
_BARE_REPLY = expression(
    r"(?:[:(\[,'\"] {0,2}|err(?:or)?[= ])(?!40\d|429|465|587)[45]\d\d[ -](?!m?s\b)(?=[A-Za-z<#'])", re.IGNORECASE
)
_STRANGERS = WordedPattern(
    r"NOQUEUE|reject: |smtpd\b|postscreen|rejected (?:RCPT|MAIL|EHLO|HELO)|SASL \w{1,20} authentication failed"
    r"|com\.sun\.mail\.(?:imap|pop3)|Net\.Imap|dovecot|fail2ban|rspamd|amavis|spamd\b|rip=|connecting host"
    r"|\blmtp\((?![^\n]{0,1000}\b(?:redirect message|vacation|sendmail))|saslauthd|pam_unix\(smtp:"
    # OpenSMTPD, usr.sbin/smtpd/smtp_session.c
    r"|\bsmtp failed-command (?!address=(?:127\.|10\.|192\.168\.|local\b|\[?::1))|\bsmtp-in: "
    r"|Received-SPF: |\bPolicy action="  # policyd-spf, postfix-policyd-spf-perl
    r"|\[core\] S: |\bretval=DENY"  # Haraka, connection.js and plugins.js
    r"|\blistenerId = |smtp::inbound::"  # Stalwart
    r"|\"src_ip\":\"(?!127\.|10\.|192\.168\.|\[?::1)"  # maddy, internal/endpoint/smtp
    # What a server answers, as Exchange, MDaemon, hMailServer and Exim's debug output show it.
    r"|(?:,>,\"?|(?:^|[:\]] )--> |\"SENT: |SMTP>> )[45]\d\d[ -]"
    r"|\bSMTP-IN\b(?![.-])"  # MailEnable, Axigen
    r"|\[(?:SSL|TLS)-(?:in|out)\] [\d.:a-f]{2,45} (?:\[SMTP Error\]|max sender)"  # ASSP
    r"|<co ts=\"(?![^>]{0,300} dr=\"-\")",  # Oracle's iMS
    ("NOQUEUE", "reject: ", "smtpd", "postscreen", "rejected ", "SASL ", "com.sun.mail.", "Net.Imap", "dovecot",
     "fail2ban", "spamd", "amavis", "rip=", "connecting host", "lmtp(", "saslauthd", "pam_unix(smtp:",
     "failed-command", "smtp-in: ", "Received-SPF: ", "Policy action=", "[core] S: ", "retval=DENY", "listenerId = ",
     "smtp::inbound::", '"src_ip":', ",>,", "--> ", "SENT: ", "SMTP>> ", "SMTP-IN",
     "-in] ", "-out] ", "<co ts="),
)  # fmt: skip

# In lower case.
_BYSTANDERS = expression(
    # Who comes, or logs in: Zimbra, Go's net/http, OpenSSH, nginx, databases.
    r"\boip=|http: tls handshake error from|timeout before authentication|kex_exchange|port forward|\bconnect_to "
    r"|ssh: connect to host|client login failed: \"|while ssl handshaking|\(remote ip: "
    # Databases, whatever a table or an account is named.
    r"|password authentication failed for user [\"']|access denied for user '|sqlstate\[|\btable '|\bcolumn \""
    # Who builds and runs containers: Docker, Kubernetes.
    r"|failed to pull|after pull error|mountvolume\.|back-off restarting|error creating: pods|external connectivity"
    r"|timed out waiting for the condition"
    # What proxies and web servers say: Traefik, HAProxy, Squid, Apache but for PHP's words.
    r"|dialing backend|handling tcp|readfrom tcp|/\d{1,2}: (?:ssl handshake failure|connection closed)"
    r"|\btcp_(?:tunnel|denied|miss)|\bah0(?!1071|1215)\d{4}: "
    # Who tries whether something answers: Kubernetes, Prometheus, HAProxy, Nagios, Monit, Uptime Kuma.
    r"|probe failed|probetype|module=(?:smtp|tcp|http|icmp|dns)\w{0,40} target=|health check for server|layer[467] "
    r"|(?:service|host) alert: "
    r"|(?:service|host) notification: |failed protocol test|\[monitor\] warn"
    # Suricata, Snort.
    r"|\[\*\*\]|\"event_type\":"
    # Telegraf's probes.
    r"|\[inputs\."
    # What name servers say of a question.
    r"|resolving '|plugin/errors|\bnameserver [\da-f.:]{3,45} (?:refused|port)|for dns server |failed to exchange "
    # How certificates are come by.
    r"|\bacme: |\bacme (?:challenge|client|order|server)|certificate renewal"
    r"|renew(?:ing)? (?:an? )?(?:\w{1,20} )?certificate"
    r"|obtain\w{0,3} (?:an )?(?:acme )?certificate|certificate obtained"
    r"|\bload certificate \"|certificate from issuer|:verify error:|challenge failed for"
)
_OTHER_WORK = expression(
    r"imap|pop3|ldap|oauth|webhook|\bpush|send sms\b|https?://[^\s\"]{0,200}\"?: |fetchmail|getmail|dovecot|smtpd\b"
    r"|postscreen|amavis|rspamd|spamd\b|fail2ban|noqueue|reject: "
    r"|rejected (?:rcpt|mail|ehlo|helo|connection)|inbound|incoming"
    r"|upstream|postgres|redis|elastic|plugin_id|, client: \S{1,60}, server: |sasl \w{1,20} authentication|ssl_accept"
    r"|rip=|\bclient ip\b|headers already sent"
)

# What PHP says of source code, not of a mail; web servers put several of its messages into one entry.
_NOTICE = WordedPattern(
    r"(?:\bDeprecated: |\b(?:Warning|Notice): {1,2}(?:Undefined|Trying to|Attempt to|Array to|Use of|A non-numeric))"
    r"[^\n]*?(?=; PHP message: |\n|$)",
    ("Deprecated: ", "Warning: ", "Notice: "),
)


def sends_none(process: str | None) -> bool:
    """Whether a process of that name ("rspamd", "postfix/policy-spf") sends no mail."""
    return process is not None and process.rpartition("/")[2] in _PROGRAMS


def is_about_others(text: str) -> bool:
    """Whether the text is about those who bring mail or ask for a web page, whatever else it says."""
    return bool(_STRANGERS.search(until_reply(text)) or ACCESS_LINE.search(text))


def until_reply(text: str) -> str:
    """Return the text up to where a server's words begin, if it has some: what they say of others is said to us."""
    reply = REPLY.search(text) or _BARE_REPLY.search(text)
    return text[: reply.end()] if reply else text


def without_notices(text: str) -> str:
    """Return the text without what PHP says of source code."""
    return _NOTICE.compiled.sub("", text) if _NOTICE.search(text) else text


def is_bystanders(lower: str) -> bool:
    """Whether a text in lower case is of those who watch, lead to or look up a mail server, and send no mail."""
    return _BYSTANDERS.search(lower) is not None


def is_other_work(lower: str) -> bool:
    """Whether a text in lower case has words of other services; such a one may well tell of a failed mail, too."""
    return _OTHER_WORK.search(lower) is not None
