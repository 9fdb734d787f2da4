"""What a store's chart is given: its Secrets, and the values that come from the store itself."""

from collections.abc import Mapping, Sequence

from provisioner.domain.backups import BackupSettings
from provisioner.domain.engines import Engine, GeneratedSecret
from provisioner.domain.errors import NotFoundError
from provisioner.domain.mail import MailServer
from provisioner.domain.names import release_for
from provisioner.domain.passwords import RESET_BY, generate, is_pending
from provisioner.domain.registries import RegistryCredentials
from provisioner.domain.stores import Store
from provisioner.kubernetes.labels import STORE_LABEL
from provisioner.reconcile.context import ReconcileContext
from provisioner.reconcile.namespaces import (
    BACKUP_SECRET,
    CREDENTIALS_SECRET,
    MAIL_SECRET,
    MANAGED_BY,
    PULL_SECRET,
    RESTORE_SECRET,
)
from provisioner.reconcile.repositories import ensure_repository, ensure_source


async def ensure_secrets(
    context: ReconcileContext, store: Store, engine: Engine
) -> tuple[str, list[str]]:
    """Create the store's Secrets; return a sentence about them, and the values that are secret.

    What was generated is never replaced, since a database may use it already. The account at the
    mail server and the credentials for registries are the operator's, and are set anew.
    """
    labels = {STORE_LABEL: store.id, **MANAGED_BY}
    inherited = await _inherited(context, store, engine)
    generated = await context.cluster.ensure_secret(
        store.namespace,
        CREDENTIALS_SECRET,
        labels,
        lambda: {**_generate(engine.credentials), **inherited},
    )
    known = [key for key in generated if key != RESET_BY and not is_pending(key)]
    message = f"Secret {CREDENTIALS_SECRET} holds {len(known)} generated values."
    hidden = list(generated.values())
    mail = _mail_of(context, store, engine)
    if mail is not None and mail.credentials:
        await context.cluster.replace_secret(store.namespace, MAIL_SECRET, labels, mail.credentials)
        message += f" Secret {MAIL_SECRET} holds the account at the mail server."
        hidden.append(mail.password)
    if registries := await ensure_pull_secret(context, store, engine):
        message += f" Secret {PULL_SECRET} holds the credentials for the registries of its images."
        hidden += registries
    if backups := backups_of(context, engine):
        hidden += await ensure_repository(context, store, backups)
        message += f" Secret {BACKUP_SECRET} holds the account for its backups."
        if source := store.from_backup:
            hidden += await ensure_source(context, store, backups, source)
            message += f" Secret {RESTORE_SECRET} opens the backup that it is made from."
    return message, hidden


async def ensure_pull_secret(context: ReconcileContext, store: Store, engine: Engine) -> list[str]:
    """Set the credentials for the registries of the store's images; return what is secret in them.

    Nothing is set, and [] returned, where none are needed.
    """
    registries = _registries_of(context, engine)
    if registries is None:
        return []
    await context.cluster.replace_secret(
        store.namespace, PULL_SECRET, {STORE_LABEL: store.id, **MANAGED_BY},
        {".dockerconfigjson": registries.config}, kind="kubernetes.io/dockerconfigjson",
    )  # fmt: skip
    return registries.secrets


def store_values(context: ReconcileContext, store: Store, engine: Engine) -> dict[str, object]:
    """Return the Helm values that come from the store and from what the platform does for it."""
    given: dict[str, object] = {
        "id": store.id,
        "name": store.name,
        "host": store.host,
        "url": store.url,
        "credentialsSecret": CREDENTIALS_SECRET,
    }
    if store.contact_email is not None:
        given["adminEmail"] = store.contact_email
    if store.is_copy:
        given["isCopy"] = True
    plans = {"plan": store.plan, "storagePlan": store.storage_plan}
    values: dict[str, object] = {"store": given, **{k: v for k, v in plans.items() if v}}
    if mail := _mail_of(context, store, engine):
        values["mail"] = {
            "host": mail.host,
            "port": mail.port,
            "security": mail.security.value,
            "from": mail.sender_for(store),
            "credentialsSecret": MAIL_SECRET if mail.credentials else "",
        }
    if _registries_of(context, engine):
        values["imagePullSecrets"] = [PULL_SECRET]
    if engine.resets_passwords:
        values["password"] = {"enabled": True}
    if backups := backups_of(context, engine):
        values["backup"] = {"enabled": True, "secret": BACKUP_SECRET, "port": backups.port}
        if store.from_backup is not None:
            values["restore"] = {"enabled": True, "secret": RESTORE_SECRET}
    return values


async def _inherited(context: ReconcileContext, store: Store, engine: Engine) -> Mapping[str, str]:
    """Return the administrator's password of the shop that the store is a restored copy of.

    The accounts in a shop are in its backup, with the passwords of then. One that was reset since
    the backup is none of them, so the mark of that goes along: no password is shown then. Nothing
    is returned where the other shop is gone: its merchant knows the password, or has another sent.
    """
    source, key = store.from_backup, engine.admin_password_key
    if source is None or not key:
        return {}
    namespace = release_for(engine.release_prefix, source.store_id)
    try:
        found = await context.cluster.read_secret(namespace, CREDENTIALS_SECRET)
    except NotFoundError:
        return {}
    return {name: found[name] for name in (key, RESET_BY) if key in found and name in found}


def backups_of(context: ReconcileContext, engine: Engine) -> BackupSettings | None:
    """Return where backups of an engine's stores are kept, or None if none are made."""
    return context.settings.backups if engine.backup_counts is not None else None


def _mail_of(context: ReconcileContext, store: Store, engine: Engine) -> MailServer | None:
    return context.settings.mail if engine.sends_mail and not store.is_copy else None


def _registries_of(context: ReconcileContext, engine: Engine) -> RegistryCredentials | None:
    return context.settings.registries if engine.takes_pull_secrets else None


def _generate(wanted: Sequence[GeneratedSecret]) -> dict[str, str]:
    return {credential.key: generate(credential.length) for credential in wanted}
