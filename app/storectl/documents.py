"""Contains the GraphQL documents that storectl sends."""

_ERRORS = "errors { code message field }"
STORE = """fragment StoreFields on Store {
  id name title owner ownerSource ownerName engine engineVersion nextVersion isCopy status target
  url adminUrl version queuePosition
  reason { code message } createdAt updatedAt readyAt suspendedAt deletedAt
}"""
_STEPS = "steps { name status message output startedAt finishedAt }"
_VERSION = "name isDefault whatIsNew"
_PLAN = "name description isDefault price"
_OFFERS = f"""plan {{ {_PLAN} }} nextPlan upgrades {{ {_VERSION} }}
  wayBack {{ number madeAt engineVersion }}"""
_OPERATION = "operation { number kind status askedByName reason { code message } }"

VIEWER = "query { viewer { name role quota { storesUsed storesLimit storesLeft } } }"
ENGINES = f"""query {{ engines {{
  name displayName description isAvailable unavailableReason versions {{ {_VERSION} }}
  plans {{ {_PLAN} }} }} }}"""
PLATFORM = "query { platform { isAddressChecked } }"
STORES = f"""{STORE} query ($first: Int!, $after: String, $filter: StoreFilterInput) {{
  stores(first: $first, after: $after, filter: $filter, orderBy: {{field: NAME, direction: ASC}}) {{
    totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ ...StoreFields }} }} }} }}"""
STORE_BY_ID = f"""{STORE} query ($key: ID!) {{
  store: store(id: $key) {{ ...StoreFields {_OPERATION} {_STEPS} {_OFFERS}
    pods {{ name component status isReady restarts message }} }} }}"""
STORE_BY_NAME = f"""{STORE} query ($key: String!) {{
  store: storeByName(name: $key) {{ ...StoreFields {_OPERATION} {_STEPS} {_OFFERS}
    pods {{ name component status isReady restarts message }} }} }}"""
EVENTS = """query ($id: ID!, $after: String) {
  store(id: $id) { events(first: 500, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { version kind subject status message occurredAt } } } } }"""
OPERATIONS = f"""query ($id: ID!, $after: String) {{
  store(id: $id) {{ operations(first: 100, after: $after) {{
    pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{
      number kind status reason {{ code message }} askedBy askedBySource askedByName tokenId
      parameters isCancellable queuedAt startedAt finishedAt {_STEPS} }} }} }} }} }}"""
_BACKUP = """id number madeAt sizeInBytes addedInBytes engine engineVersion
      counts { name number } lostByRestore { name number } isPinned keptUntil
      lastVerifiedAt check { isUnderWay endedAt fault }"""
BACKUPS = f"""query ($id: ID!, $first: Int!, $after: String) {{
  store(id: $id) {{ backups(first: $first, after: $after) {{
    pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{
      {_BACKUP} }} }} }} }} }}"""
PLAN_CHANGES = f"""query ($id: ID!) {{ store(id: $id) {{
  plan {{ {_PLAN} }} planChanges {{ way isClosed message plan {{ {_PLAN} }} }} }} }}"""
WAY_BACK = f"""query ($id: ID!) {{ store(id: $id) {{ wayBack {{
      {_BACKUP} }} }} }}"""
FOLLOW = f"""{STORE} subscription ($id: ID!, $after: Int) {{
  storeStatus(id: $id, after: $after) {{
    version
    events {{ version kind subject status message occurredAt }}
    store {{ ...StoreFields {_OPERATION} {_STEPS} }} }} }}"""

_ACCESS = """id owner ownerSource ownerName role description createdAt expiresAt lastUsedAt
  revokedAt madeBy madeBySource parentId"""
TOKENS = f"""query ($after: String, $includeRevoked: Boolean!) {{
  tokens(first: 100, after: $after, includeRevoked: $includeRevoked) {{
    pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_ACCESS} }} }} }} }}"""
CREATE_TOKEN = f"""mutation ($input: CreateTokenInput!) {{
  payload: createToken(input: $input) {{ token {{ {_ACCESS} }} secret {_ERRORS} }} }}"""
REVOKE_TOKEN = f"""mutation ($input: RevokeTokenInput!) {{
  payload: revokeToken(input: $input) {{ token {{ {_ACCESS} }} {_ERRORS} }} }}"""
REVEAL_PASSWORD = f"""mutation ($input: RevealAdminPasswordInput!) {{
  payload: revealAdminPassword(input: $input) {{ username password {_ERRORS} }} }}"""

RESET_PASSWORD = f"""mutation ($input: ResetAdminPasswordInput!) {{
  payload: resetAdminPassword(input: $input) {{ username password {_ERRORS} }} }}"""
RENAME = f"""{STORE} mutation ($input: RenameStoreInput!) {{
  payload: renameStore(input: $input) {{ store {{ ...StoreFields }} advice {_ERRORS} }} }}"""

SIGN_IN_LINK = f"""mutation ($input: CreateSignInLinkInput!) {{
  payload: createSignInLink(input: $input) {{ url expiresAt {_ERRORS} }} }}"""


def mutation(name: str) -> str:
    """Return the document of a mutation on a store, such as ``createStore``."""
    # Every mutation has one input and one payload with the same fields: the alias ``payload``
    # lets one caller read all of them.
    return f"""{STORE} mutation ($input: {_input_of(name)}!) {{
  payload: {name}(input: $input) {{ store {{ ...StoreFields {_OPERATION} }} {_ERRORS} }} }}"""


def backup_mutation(name: str) -> str:
    """Return the document of a mutation on a backup, such as ``pinBackup``."""
    return f"""mutation ($input: {_input_of(name)}!) {{
  payload: {name}(input: $input) {{ backup {{ {_BACKUP} }} {_ERRORS} }} }}"""


def _input_of(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}Input"
