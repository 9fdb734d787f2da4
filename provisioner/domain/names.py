"""Rules for store names, and the names in the cluster that are made from a store's id. Pure."""

import re
import uuid
from collections.abc import Collection, Iterable

from provisioner.domain.codes import RefusalCode
from provisioner.domain.errors import Refusal

MIN_LENGTH, MAX_LENGTH = 3, 40
"""In characters. A name is a label of a host name, which has at most 63 (RFC 1123); what is left is
room for prefixes."""

RESERVED_NAMES = frozenset(
    {
        # The platform's own hosts, and names that people would take for them to sign in or pay.
        "account", "accounts", "admin", "administrator", "api", "app", "apps", "auth", "billing",
        "checkout", "console", "dashboard", "graphiql", "graphql", "help", "identity", "idp",
        "legal", "login", "logout", "oauth", "oidc", "panel", "pay", "payment", "payments",
        "platform", "portal", "privacy", "register", "root", "saml", "secure", "security",
        "signin", "signout", "signup", "sso", "status", "store", "stores", "support", "sysadmin",
        "system", "team", "terms", "trust", "user", "users", "verify", "www", "www1", "www2",
        # Hosts that browsers, mail programs and operating systems look up by themselves.
        "autoconfig", "autodiscover", "broadcasthost", "isatap", "local", "localdomain",
        "localhost", "mta-sts", "openpgpkey", "wpad",
        # Usual services of a domain, and mailboxes of the people who run it.
        "abuse", "assets", "blog", "cdn", "dns", "docs", "email", "ftp", "git", "hostmaster",
        "imap", "img", "internal", "ldap", "lyncdiscover", "mail", "mailer-daemon", "media",
        "metrics", "monitoring", "noc", "noreply", "ns1", "ns2", "ns3", "ns4", "ntp", "pop",
        "pop3", "postmaster", "registry", "sftp", "sip", "smtp", "ssh", "static", "usenet", "vpn",
        "webmail", "webmaster",
        # Namespaces and services of Kubernetes itself.
        "default", "kube-node-lease", "kube-public", "kube-system", "kubernetes",
    }
)  # fmt: skip
"""Names that would hide a host of the platform, or mislead a shopper or a program.

Sources: RFC 2142 (mailboxes), RFC 8461 (mta-sts); Windows looks for wpad and isatap by itself.
"""

_LABEL = re.compile(r"(?!..--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
"""A label without hyphens as third and fourth character, which RFC 5891 reserves (``xn--``)."""


def reserved_names(changes: Iterable[str]) -> frozenset[str]:
    """Return the built-in reserved names with changes: ``name`` adds a name, ``-name`` removes one.

    ``-*`` removes all built-in names, so that only the names given beside it are reserved.
    """
    given = frozenset(changes)
    freed = {change[1:] for change in given if change.startswith("-")}
    built_in = frozenset() if "*" in freed else RESERVED_NAMES - freed
    return built_in | {change for change in given if not change.startswith("-")}


def refuse_name(name: str, reserved: Collection[str] = RESERVED_NAMES) -> Refusal | None:
    """Return why ``name`` cannot be a store's name, or None when it can be."""
    if not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return Refusal(
            RefusalCode.NAME_INVALID,
            f"The name has {len(name)} characters; use {MIN_LENGTH} to {MAX_LENGTH}.",
            "name",
        )
    if not _LABEL.fullmatch(name):
        return Refusal(
            RefusalCode.NAME_INVALID,
            "The name becomes part of the shop's address: use lower-case letters a-z, digits and"
            " hyphens, begin and end with a letter or digit, and do not have hyphens as both the"
            " third and the fourth character.",
            "name",
        )
    if name in reserved:
        return Refusal(
            RefusalCode.NAME_RESERVED, f"The name {name!r} is reserved; choose another.", "name"
        )
    return None


def new_store_id() -> str:
    """Return a new store id: the 32 hexadecimal digits of a random UUID."""
    return uuid.uuid4().hex


def is_store_id(text: str) -> bool:
    """Whether ``text`` has the form of a store id."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def release_for(prefix: str, store_id: str) -> str:
    """Return the name of a store's Helm release, which is also the name of its namespace.

    It is made from the id and not from the store's name, because an earlier store of the same name
    may have left a volume with another password. Twelve digits keep the names of pods below 63
    characters. A unique index of the database refuses a collision (one in 2^48).
    """
    return f"{prefix}-{store_id[:12]}"


def host_of(url: str) -> str:
    """Return the host of a shop's address, without the port, which an Ingress cannot have."""
    return url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]
