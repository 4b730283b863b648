"""Domains that stay readable: which provider refuses a mail is half of the diagnosis, and names nobody."""

from __future__ import annotations

_MAIL_SERVICES = """
amazonaws.com amazonses.com brevo.com cloudflare.com cloudflare.net elasticemail.com emailit.com forwardemail.net
improvmx.com mailchannels.net mailersend.com mailersend.net mailgun.com mailgun.net mailgun.org mailjet.com
mailtrap.io mandrillapp.com maileroo.com mxlogin.com mxroute.com mxrouting.net postmarkapp.com postmarkapp.email
resend.com scaleway.com sendgrid.com sendgrid.net sendinblue.com smtp2go.com smtp.com socketlabs.com
sparkpost.com sparkpostmail.com turbo-smtp.com turbosmtp.com zeptomail.com zeptomail.eu
"""
_MAILBOX_PROVIDERS = """
1and1.com 1und1.de 126.com 163.com a1.net abv.bg alice.it aliyun.com aol.com apple.com arcor.de att.net bell.ca
bellsouth.net bigpond.com bk.ru bluewin.ch btinternet.com centurylink.net charter.net comcast.net cox.net daum.net
earthlink.net exchangelabs.com fastmail.com fastmail.fm foxmail.com free.fr freenet.de gandi.net gmail.com gmx.net
googlemail.com hanmail.net hetzner.com hey.com hostinger.com hotmail.com icloud.com inbox.ru infomaniak.ch
infomaniak.com interia.pl ionos.com ionos.de juno.com kpnmail.nl kundenserver.de laposte.net libero.it list.ru
live.com mac.com mail.com mail.de mail.ru mailbox.org me.com messagingengine.com microsoft.com migadu.com msn.com
naver.com netzero.net o2.pl office.com office365.com onet.pl onmicrosoft.com optonline.net orange.fr outlook.com
ovh.ca ovh.com ovh.net perfora.net pm.me posteo.de privateemail.com proton.ch proton.me protonmail.ch protonmail.com
purelymail.com qq.com rackspace.com rambler.ru rediffmail.com roadrunner.com rocketmail.com rogers.com runbox.com
rr.com sbcglobal.net seznam.cz sfr.fr sharepoint.com shaw.ca sina.com skynet.be startmail.com strato.com strato.de
sympatico.ca t-online.de telenet.be telstra.com telus.net terra.com.br titan.email tiscali.it tuta.com tutanota.com
tutanota.de uol.com.br ukr.net verizon.net virgilio.it vodafone.de wanadoo.fr web.de wp.pl xs4all.nl yahoo.com
yahoodns.net yahooinc.com yandex.net yandex.ru ymail.com your-server.de ziggo.nl zoho.com zoho.eu zohomail.com
google.com outlook.office365.com secureserver.net
"""
_FILTERS_AND_LISTS = """
0spam.org abuseat.org abusix.zone antispamcloud.com barracuda.com barracudabrts.com barracudacentral.org
barracudanetworks.com cloudmark.com dnswl.org in-addr.arpa ip6.arpa
hornetsecurity.com invaluement.com iphmx.com mailspike.net mcafee.com
messagelabs.com mimecast.com mxtoolbox.com ppe-hosted.com pphosted.com proofpoint.com s5h.net senderscore.org
sophos.com sorbs.net spamcop.net spamhaus.com spamhaus.net spamhaus.org spamrl.com surbl.org symantec.com
symanteccloud.com talosintelligence.com trendmicro.com trendmicro.eu uceprotect.net uribl.com validity.com
"""
_PROJECTS = """
aka.ms aws.amazon.com debian.org digicert.com docker.com docker.io dmarc.org docs.rs exim.org freedesktop.org gitlab.com
github.com githubusercontent.com golang.org ietf.org isrg.org joinmastodon.org kubernetes.io
letsencrypt.org lencr.org mail-tester.com mattermost.com nethserver.org nextcloud.com openssl.org open-spf.org
openspf.org postfix.org postgresql.org python.org readthedocs.io readthedocs.org redhat.com rfc-editor.org
ruby-lang.org rubygems.org rubyonrails.org sectigo.com sidekiq.org spf.org stackoverflow.com ubuntu.com w3.org
zulip.com zulip.org
"""

KEPT_DOMAINS = frozenset(f"{_MAIL_SERVICES} {_MAILBOX_PROVIDERS} {_FILTERS_AND_LISTS} {_PROJECTS}".split())
"""Domains, and with them all names below, that are not replaced."""
