"""The domain: store records, the reconciler that makes them true, and the cluster it watches.

Nothing here knows GraphQL or HTTP. Imports run one way, checked by the contracts in pyproject.toml:
platform → leader_session → services → (leadership | reconcile | streams)
→ (helm | kubernetes | storage | readiness) → domain.
"""
