"""``python -m app.local.cluster up [--nodes real] | down | status | kubeconfig | tools``."""

import argparse
import sys

from app.local.cluster import tools
from app.local.cluster.go_build import BuildError
from app.local.cluster.local_cluster import ClusterError, LocalCluster
from app.local.cluster.progress import say
from app.local.cluster.toolchain import ToolchainError


def main() -> int:
    """Run one command; return the exit code: 0 done, 1 failed, 3 not running."""
    parser = argparse.ArgumentParser(prog="python -m app.local.cluster", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status", "kubeconfig", "tools"])
    parser.add_argument("--name", default="local", help="which cluster (default: local)")
    parser.add_argument(
        "--nodes",
        choices=["simulated", "real"],
        default="simulated",
        help="real: pods truly run, on this machine; it must be Debian's, and you root",
    )
    arguments = parser.parse_args()
    try:
        return _run(arguments.command, arguments.name, has_real_node=arguments.nodes == "real")
    except (ClusterError, ToolchainError, BuildError) as error:
        say(str(error))
        return 1


def _run(command: str, name: str, *, has_real_node: bool) -> int:
    if command == "tools":
        for tool in (*tools.for_cluster(has_real_node=False), *tools.CHECKERS, *tools.BACKUPS):
            tools.ensure(tool)
        print(f"helm: {tools.ensure_helm()}\nkubectl: {tools.ensure_kubectl()}")
        return 0
    if command == "up":
        cluster = LocalCluster.up(name, has_real_node=has_real_node)
        print(f"{cluster.server}\nexport KUBECONFIG={cluster.kubeconfig}")
        return 0
    return _with_found(command, name)


def _with_found(command: str, name: str) -> int:
    found = LocalCluster.find(name)
    if found is None:
        say(
            f"There is no cluster {name!r}; start it with:"
            f" python -m app.local.cluster up --name {name}"
        )
        return 0 if command == "down" else 3
    if command == "down":
        found.down()
    elif command == "kubeconfig":
        print(found.kubeconfig)
    else:
        for component in found.components:
            pid = found.daemon(component).pid
            print(f"{component}: {f'running (pid {pid})' if pid else 'stopped'}")
        return 0 if found.is_up else 3
    return 0


sys.exit(main())
