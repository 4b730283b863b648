"""What redaction tells apart. The value is the stand-in's stem: `user-1`, `domain-2`."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of personal value."""

    USER = "user"  # user name, or the part of an address before the @
    NAME = "name"  # a person's or a community's name as people write it
    DOMAIN = "domain"  # the part of a host name that one registers
    HOST = "host"  # the labels before it, or a host name without a dot
    PUBLIC_ADDRESS = "public-addr"  # an IP address of the public internet, version 4 or 6
    MESSAGE = "message"  # the part of a Message-ID before the @
    ID = "id"  # number or key of an account, a session, a device
    TEXT = "text"  # subject or body of a mail, browser identification
    DATA = "data"  # something encoded that may hold any of these
    TOKEN = "token"  # whoever has it can act: confirmation, reset, invitation, API key
    SECRET = "secret"  # password, or what a login sends


SECRET_KINDS = frozenset({Kind.TOKEN, Kind.SECRET})
"""Kinds that are replaced even where redaction is switched off."""

KIND_WORDS = {
    Kind.USER: "user name",
    Kind.NAME: "name",
    Kind.DOMAIN: "domain",
    Kind.HOST: "host name",
    Kind.PUBLIC_ADDRESS: "public IP address",
    Kind.MESSAGE: "Message-ID",
    Kind.ID: "id",
    Kind.TEXT: "subject, text or browser",
    Kind.DATA: "encoded data",
    Kind.TOKEN: "token",
    Kind.SECRET: "password or login data",
}
"""Each kind in the words of a message to the user."""
