"""Ports to which a server comes back."""

from pathlib import Path

from app.local.cluster.ports import free_ports


def test_no_outgoing_connection_can_take_one() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(10_000 <= port < first for port in ports)
