"""The service starts without the hundreds of generated modules that nothing here uses."""

import subprocess
import sys

PROGRAM = """
import sys
from provisioner.kubernetes.client import client, config
config.load_kube_config, config.load_incluster_config
print(len([name for name in sys.modules if name.startswith("kubernetes_asyncio.client.")]))
print(client.ApiClient.__module__)
"""


def test_only_what_is_used_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=False, capture_output=True, text=True
    )
    assert done.stderr == ""
    modules, origin = done.stdout.split()
    assert int(modules) < 10
    assert origin == "kubernetes_asyncio.client.api_client"
