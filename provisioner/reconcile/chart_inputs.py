"""What a store's chart is given: its Secrets, and the values that come from the store itself."""

import secrets
from collections.abc import Sequence

from provisioner.domain.engines import Engine, GeneratedSecret
from provisioner.domain.mail import MailServer
from provisioner.domain.stores import Store
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import CREDENTIALS_SECRET, MAIL_SECRET, MANAGED_BY

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
"""Without characters that mean something to a shell or in a URL, or that look like others."""


async def ensure_secrets(
    context: ReconcileContext, store: Store, engine: Engine
) -> tuple[str, list[str]]:
    """Create the store's Secrets; return a sentence about them, and the values that are secret.

    What was generated is never replaced, since a database may use it already; the account at the
    mail server is the operator's, and is set anew.
    """
    labels = {STORE_LABEL: store.id, **MANAGED_BY}
    generated = await context.cluster.ensure_secret(
        store.namespace,
        CREDENTIALS_SECRET,
        labels,
        lambda: _generate(engine.credentials),
    )
    message = f"Secret {CREDENTIALS_SECRET} holds {len(generated)} generated values."
    mail = _mail_of(context, engine)
    if mail is None or not mail.credentials:
        return message, list(generated.values())
    await context.cluster.replace_secret(store.namespace, MAIL_SECRET, labels, mail.credentials)
    message += f" Secret {MAIL_SECRET} holds the account at the mail server."
    return message, [*generated.values(), mail.password]


def store_values(context: ReconcileContext, store: Store, engine: Engine) -> dict[str, object]:
    """Return the Helm values that say which store it is, and how its mail leaves."""
    given = {
        "id": store.id,
        "name": store.name,
        "host": store.host,
        "url": store.url,
        "credentialsSecret": CREDENTIALS_SECRET,
    }
    if store.contact_email is not None:
        given["adminEmail"] = store.contact_email
    values: dict[str, object] = {"store": given}
    if mail := _mail_of(context, engine):
        values["mail"] = {
            "host": mail.host,
            "port": mail.port,
            "security": mail.security.value,
            "from": mail.sender_for(store),
            "credentialsSecret": MAIL_SECRET if mail.credentials else "",
        }
    return values


def _mail_of(context: ReconcileContext, engine: Engine) -> MailServer | None:
    return context.settings.mail if engine.sends_mail else None


def _generate(wanted: Sequence[GeneratedSecret]) -> dict[str, str]:
    """Return a new random value for each secret, of 57 symbols: 5.8 bits for each character."""
    return {
        credential.key: "".join(secrets.choice(_ALPHABET) for _ in range(credential.length))
        for credential in wanted
    }
