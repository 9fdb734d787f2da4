"""Contains the GraphQL documents about offers of stores to other owners."""

from app.storectl.documents import STORE

_ERRORS = "errors { code message field }"
_OFFER = """storeId storeName engine resources { cpu memory storage } offeredBy offeredAt
  expiresAt"""

OFFERS = f"query {{ offeredStores {{ {_OFFER} }} }}"
OFFER = f"""{STORE} mutation ($input: TransferStoreInput!) {{
  payload: transferStore(input: $input) {{
    store {{ ...StoreFields offer {{ to toSource offeredBy offeredAt expiresAt }} }}
    {_ERRORS} }} }}"""
ACCEPT = f"""{STORE} mutation ($input: AcceptTransferInput!) {{
  payload: acceptTransfer(input: $input) {{ store {{ ...StoreFields }} advice {_ERRORS} }} }}"""
DECLINE = f"""mutation ($input: DeclineTransferInput!) {{
  payload: declineTransfer(input: $input) {{ offer {{ {_OFFER} }} {_ERRORS} }} }}"""
