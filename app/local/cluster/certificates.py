"""The cluster's certificate authority, its servers' and clients' certificates, the tokens' key."""

import datetime as dt
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.local.cluster.nodes.addresses import NODE_ADDRESS

_VALID_FOR = dt.timedelta(days=365)
_AUTHORITY = "local-cluster"
_SERVICE_IP = "10.0.0.1"  # the first of the service range: `kubernetes.default`
_SERVER_NAMES = (
    "localhost", "kubernetes.default.svc", "127.0.0.1", _SERVICE_IP, NODE_ADDRESS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of the PEM files."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def server(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def etcd(self) -> Path:
        """What etcd shows to its client, and to itself as its peer."""
        return self.folder / "etcd.crt"

    @property
    def etcd_key(self) -> Path:
        return self.folder / "etcd.key"

    @property
    def etcd_client(self) -> Path:
        """What the API server shows to etcd."""
        return self.folder / "etcd-client.crt"

    @property
    def etcd_client_key(self) -> Path:
        return self.folder / "etcd-client.key"

    @property
    def kubelet(self) -> Path:
        return self.folder / "kubelet.crt"

    @property
    def kubelet_key(self) -> Path:
        return self.folder / "kubelet.key"

    @property
    def kubelet_client(self) -> Path:
        """What the API server shows to the kubelet, for logs and the like."""
        return self.folder / "kubelet-client.crt"

    @property
    def kubelet_client_key(self) -> Path:
        return self.folder / "kubelet-client.key"

    @property
    def service_accounts(self) -> Path:
        return self.folder / "accounts.key"


def issue(folder: Path) -> Certificates:
    """Write new certificates into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = Certificates(folder)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    paths.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))

    def write(
        subject: str, file: Path, key_file: Path, extensions: list[x509.ExtensionType]
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, _AUTHORITY, key.public_key()).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(authority_key, hashes.SHA256())
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(key_file, key)

    for_servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    for_clients = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    write("kube-apiserver", paths.server, paths.server_key, [_names(_SERVER_NAMES), for_servers])
    for_peers = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    write("etcd", paths.etcd, paths.etcd_key, [_names(("127.0.0.1",)), for_peers])
    write("etcd-client", paths.etcd_client, paths.etcd_client_key, [for_clients])
    write("kubelet", paths.kubelet, paths.kubelet_key, [_names((NODE_ADDRESS,)), for_servers])
    write("kubelet-client", paths.kubelet_client, paths.kubelet_client_key, [for_clients])
    _write_key(paths.service_accounts, rsa.generate_private_key(65537, 2048))
    return paths


def _names(names: Iterable[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        ]
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _builder(_AUTHORITY, _AUTHORITY, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
