"""The only bridge between the contract (``schema``) and the domain (``provisioner``)."""
