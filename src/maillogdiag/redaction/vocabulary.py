"""Words that are nobody's: names of roles and programs, and what file names and log lines are made of."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of `text`, which blanks and line feeds part."""
    return frozenset(text.split())


ROLE_USERS = words(
    """
    abuse admin administrator apikey bounce bounces contact daemon debian double-bounce git hello help
    hostmaster info localhost mail mailer mailer-daemon mastodon mattermost mmuser mattuser news nextcloud
    nobody no-reply no_reply noreply notification notifications notify office opendkim postfix postgres
    postmaster redis reply root sales security sendgrid sendmail service smtp social support support-team system
    team test ubuntu unknown user username webmaster www-data zulip you
    """
)
"""Users and local parts that name a role, not a person; they tell whom the application sends as."""

ROLE_HOSTS = words(
    """
    api app apps autodiscover bounce bounces cdn chat cloud community db docker email exchange files fwd gateway
    gw host imap imap4 inbound in ip6-localhost localhost localdomain lists mail mailcow mailer mailgw mailhub
    mailout mailserver mail-relay mailrelay mastodon matrix mattermost media mta mx mxa mxb news nextcloud
    noreply notifications ns out outbound outgoing pop pop3 postfix postgres proxy redis relay relayhost secure
    send server sidekiq smarthost smtp smtp-relay smtps smtpout social static status streaming submission team
    test unknown web webmail www zulip
    """
)
"""Host name labels that say what a host is for."""

_LOG_WORDS = words(
    """
    accepted access account action active activejob actionmailer address alert all api app apps application
    archive attempt attempts audit auth authenticate authentication authorized available backend backup body
    boot bundle bz2 cat cause chat class client code command compose config confirm confirmation connect
    connected connection console container content context count cron crit current daemon daily data date day
    debug default deferred deliver delivered delivery demo denied deployments details dev disabled docker
    dovecot dpkg duration email emails enabled encrypted err error errors event exception exim exim4 expired
    export fail failed failure false fatal file files finished first fixture fixtures follow from full git group
    gzip helo home host hosts html http https id imap incoming info ingress input internal invalid invitation
    job jobs journal journalctl json kern kubectl last latest level lib line list live local localhost log
    logfile logger logging login logs low lxc mail maillog mailer mailers mailq mails mainlog manager master
    mastodon mattermost md message messages method mnt mode month name network new next nextcloud nginx node
    none normal not notice notification notifications null number old open opt out output owner paniclog part
    pass password path php platform pod policy pool port post postfix private process prod production proxy pull
    puma push queue rails raw read reason received recipient record redis refused rejected rejectlog relay reply
    report reports request reset response restart result retry root rotated ruby run running sample samples scan
    scheduler secret secure send send_email sender sendmail sent server service services session sidekiq site
    smtp socket software source srv ssh ssl stage staging standard start started startup state status stderr
    stdin stdout stop store stream streaming string submission subject success support sync sys syslog system
    systemd tail tar task team temp terminal test text tgz threads ticket time timeout title tls tmp token
    tornado trace transport true txt type undefined unicorn unit unknown update usr user username users utc
    value var version volumes warn warning web worker workers www xz yaml year yml zap zip zst zulip
    """
)

_SETTINGS_WORDS = words(
    """
    conf env environment etc ini override packet py sanitized secrets settings
    """
)
"""What the names of settings files are made of."""

_PROSE = words(
    """
    again all also an and anonymous any as at be been before being blank but by can can't cancel cannot change
    changed check compare contact could did disallowed do does doesn't don't either empty enter for forbidden
    found given had has have here hidden how i if incorrect is isn't it its least length locked long longer lookup may
    mismatch missing must need needs never no not now nxdomain of off on only optional or overquota passed please
    possible present problem provide provided required resolution see servfail set should since so such supplied
    suspended temporary than that the their them then there these they this those timed to too try two under
    unreachable unset unsupported until up use used using verification via wait was we weak were what when where
    which while will with without would wrong yet your
    """
)
"""What a sentence goes on with behind "password" or "user", where it names neither."""


def is_prose(word: str) -> bool:
    """Whether a word belongs to a sentence about passwords and users, and is none of them."""
    return word.casefold().rstrip(".!?:") in _PROSE


def is_common_word(word: str) -> bool:
    """Whether a word is so common in logs that it names nobody, and must not be replaced wherever it stands."""
    lower = word.casefold()
    return lower in _LOG_WORDS or lower in _SETTINGS_WORDS or lower in ROLE_USERS or lower in ROLE_HOSTS
