"""Two clusters under two leases of one database, and one of the clusters is cut off (step 1).

Stores are created in both at a steady pace, as users would: through the GraphQL API, each with a
follower of its own. In the midst the API server of one cluster is frozen, or stopped, for a while.
What does that do to the stores of the other cluster, and to everybody's reads? And once it is back,
is everything there?
"""
