"""The domain: store records, the reconciler that makes them true, and the cluster it watches.

Nothing here knows GraphQL or HTTP. Import order inside the package runs one way:
supervisor → (service | leadership → term) → dispatcher → reconciler →
(helm | kube | repository | broadcast | work_queue) → ports, transitions → models → errors.
"""
