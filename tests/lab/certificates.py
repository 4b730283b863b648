"""The server certificates of the lab, good and bad, all made anew for each run.

Clients trust the lab's own authority through SSL_CERT_FILE; what is bad about a certificate is then exactly one thing.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_FILE = "authority.pem"
_DAY = dt.timedelta(days=1)


def write_certificates(folder: Path, host: str) -> None:
    """Write authority.pem and one key-and-chain file per kind of certificate."""
    now = dt.datetime.now(dt.UTC)
    recent = (now - 30 * _DAY, now + 60 * _DAY)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Example Trust Root X1")
    authority = _sign(authority_name, authority_name, authority_key, authority_key, recent, hosts=None)
    (folder / AUTHORITY_FILE).write_bytes(_pem(authority))

    for kind, name, validity in (
        ("good", host, recent),
        ("other-host", "web7.hosting.example", recent),
        ("expired", host, (now - 120 * _DAY, now - 30 * _DAY)),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = _sign(_name(name), authority_name, key, authority_key, validity, hosts=[name])
        _write_pair(folder / f"{kind}.pem", key, [leaf])

    stranger_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    stranger_name = _name("Internal Office CA")
    stranger = _sign(stranger_name, stranger_name, stranger_key, stranger_key, recent, hosts=None)
    leaf = _sign(_name(host), stranger_name, key, stranger_key, recent, hosts=[host])
    _write_pair(folder / "unknown-issuer.pem", key, [leaf])
    _write_pair(folder / "unknown-root.pem", key, [leaf, stranger])

    key = ec.generate_private_key(ec.SECP256R1())
    alone = _sign(_name(host), _name(host), key, key, recent, hosts=[host])
    _write_pair(folder / "self-signed.pem", key, [alone])


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    validity: tuple[dt.datetime, dt.datetime],
    hosts: list[str] | None,
) -> x509.Certificate:
    """Sign one certificate; without hosts it is an authority."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.BasicConstraints(ca=hosts is None, path_length=None), critical=True)
    )
    if hosts is not None:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_pair(path: Path, key: ec.EllipticCurvePrivateKey, chain: list[x509.Certificate]) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + b"".join(_pem(certificate) for certificate in chain))
