"""What mail libraries for Go say, and programs that send by them: enough to know that a mail failed.

Facts: net/textproto; gopkg.in/mail.v2 smtp.go and send.go; wneessen/go-mail client.go; xhit/go-simple-mail email.go;
Alertmanager notify/email/email.go; Argo CD's notifications-engine; Authelia internal/commands; CrowdSec
cmd/notification-email; Gophish mailer/mailer.go; Harbor core/api/email.go; Kratos courier/courier_dispatcher.go;
listmonk internal/manager; shoutrrr pkg/services/smtp; Zitadel internal/notification/channels/smtp.
"""

from __future__ import annotations

from maillogdiag.grammars.worded import WordedPattern

GO_MAIL = WordedPattern(
    r"gomail: |smtp: server doesn't support|\bSMTP error:? [45]\d\d\b"
    # A server that speaks another protocol: net/textproto awaits three digits.
    r"|short response: (?:\* OK|\+OK|HTTP/|SSH-)"
    r"|(?:send|issue) (?:EHLO|HELO|STARTTLS|MAIL|RCPT|DATA) command: |require_tls'?:? (?:is )?true \(default\)"
    r"|integration=\"?email\[\d|/email\[\d{1,3}\]: notify retry |\*smtp\.\w{1,20} (?:failed|auth): "
    r"|component=dispatcher [^\n]{0,200}\"starttls failed: "
    r"|notifi(?:er|cation provider) startup check: [45]\d\d |Max connection attempts exceeded - "
    r"|Mail Error(?: on [A-Za-z]|: )|\bemail server: [45]\d\d |ID=EMAIL-\w{1,10} Message="
    r"|error sending (?:message in campaign |admin notification |message '[^\n]{0,200}': (?:[45]\d\d |EOF))"
    r"|[Ff]ailed to notify recipient (?:\{email |email:)"
    r"|did not deliver after \d{1,4} attempts[^\n]{0,1000}\bmessage_type=email",
    ("gomail: ", "smtp: server", "SMTP error", "short response: ", " command: ", "require_tls", "email[",
     "*smtp.", "starttls failed: ", "startup check: ", "Max connection attempts exceeded", "Mail Error",
     "email server: ", "ID=EMAIL-", "error sending ", "notify recipient ", "did not deliver after "),
)  # fmt: skip
