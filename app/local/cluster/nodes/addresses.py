"""Names and addresses of the one real node that a machine can have."""

NODE_NAME = "real-node"
NODE_ADDRESS = "10.244.0.1"  # also that of the cluster's DNS, and the pods' gateway
POD_RANGE = "10.244.0.0/24"
FIRST_POD_ADDRESS = "10.244.0.10"
LINK = "store-platform"  # the bridge that has the node's address; pods are not attached to it
