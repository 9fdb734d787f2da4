"""A real node: the kubelet, containerd and runc on this very machine, on which pods truly run.

The node is the machine itself, in its own network: pods are reached by routes, the cluster's DNS
and the node's address are on a bridge without ports, and everything else that has to be there is in
two folders, the cluster's own and one below /run. ``host`` puts the machine back as it was.
"""
