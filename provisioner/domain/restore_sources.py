"""What is kept of a backup with the store that is made from it."""

from provisioner.domain.backups import Backup, RestoreSource
from provisioner.domain.engines import Engine
from provisioner.domain.stores import Store


def source_of(store: Store, backup: Backup, engine: Engine) -> RestoreSource:
    """Return what is kept of this backup of a store; see ``RestoreSource``."""
    return RestoreSource(
        store_id=backup.store_id,
        number=backup.number,
        snapshot=backup.snapshot,
        url=store.url,
        admin_user=engine.admin_user_of(store),
        counts=backup.counts,
        engine_version=backup.engine_version,
    )
