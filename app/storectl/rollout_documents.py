"""Contains the GraphQL documents about rollouts."""

_ERRORS = "errors { code message field }"
_COUNTS = "counts { status count }"
_SHOP = "storeId storeName formerVersion status message operationId"
_ROLLOUT = f"""id engine version canaries parallel stopAfterFailures status reason askedBy createdAt
  endedAt {_COUNTS}"""

UPGRADE_STORES = f"""mutation ($input: UpgradeStoresInput!) {{
  payload: upgradeStores(input: $input) {{
    rollout {{ {_ROLLOUT} }} plan {{ {_COUNTS} stores {{ {_SHOP} }} }} {_ERRORS} }} }}"""
ROLLOUTS = f"""query ($after: String) {{ rollouts(first: 100, after: $after) {{
  pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_ROLLOUT} }} }} }} }}"""
SHOPS = f"""query ($id: ID!, $after: String) {{ node(id: $id) {{ ... on Rollout {{
  stores(first: 100, after: $after) {{
    pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_SHOP} }} }} }} }} }} }}"""
FOLLOW = f"subscription ($id: ID!) {{ rolloutStatus(id: $id) {{ {_ROLLOUT} }} }}"
STOP = f"""mutation ($input: StopRolloutInput!) {{
  payload: stopRollout(input: $input) {{ rollout {{ {_ROLLOUT} }} {_ERRORS} }} }}"""
RESUME = f"""mutation ($input: ResumeRolloutInput!) {{
  payload: resumeRollout(input: $input) {{ rollout {{ {_ROLLOUT} }} {_ERRORS} }} }}"""
