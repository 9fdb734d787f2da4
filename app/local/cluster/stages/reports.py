"""What the containers of a backup's and a restore's Job leave as their termination messages.

As the charts' scripts do (files/backup): the platform counts on it, whoever runs the pods.
"""

COUNTS = '{"orders": 3, "products": 2}'
"""What is dumped of every simulated shop, and so what is loaded into one."""

# A snapshot of its own for each pod: https://restic.readthedocs.io/en/stable/075_scripting.html
_SUMMARY = (
    '{"message_type":"summary","total_files_processed":5,"total_bytes_processed":2500,'
    '"data_added_packed":700,"snapshot_id":"%s"}'
)

LAST_WORDS = (
    f"{{{{ get (dict `dump` `{COUNTS}` `load` `{COUNTS}`"
    f" `save` (printf `{_SUMMARY}` (sha256sum $.metadata.uid))) .name | Quote }}}}"
)
"""A template for the message of a container that has completed, by its name; "" for others."""
