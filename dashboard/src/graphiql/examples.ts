const LIST = `# What can be created, and what there is.
query Stores {
  viewer { name role }
  engines { name displayName versions { name isDefault } }
  stores(first: 20) {
    totalCount
    edges { node { id name engine status url createdAt } }
  }
}
`;

const CREATE = `# Ask for a store. It is made in the background: copy its id into the next tab.
mutation CreateStore($input: CreateStoreInput!) {
  createStore(input: $input) {
    store { id name status url }
    errors { code field message }
  }
}
`;

const FOLLOW = `# Follow a store live, from its first event to its end. Put its id into the variables.
subscription Follow($id: ID!) {
  storeStatus(id: $id, after: 0) {
    version
    events { message }
    store {
      status
      reason { code message }
      steps { name status message startedAt finishedAt }
      pods { name component status isReady }
    }
  }
}
`;

const DELETE = `# Remove a store and everything in it. This cannot be taken back.
mutation DeleteStore($input: DeleteStoreInput!) {
  deleteStore(input: $input) {
    store { id status target }
    errors { code field message }
  }
}
`;

const UPGRADE = `# For admins: which shops would get another version, and why others not. Without dryRun it begins.
mutation UpgradeStores($input: UpgradeStoresInput!) {
  upgradeStores(input: $input) {
    plan {
      counts { status count }
      stores { storeName formerVersion status message }
    }
    rollout { id status counts { status count } }
    errors { code message field }
  }
}
`;

/** The tabs that a first visit begins with. */
export const examples = [
  { query: LIST },
  { query: CREATE, variables: '{ "input": { "name": "my-first-shop", "engine": "woocommerce" } }' },
  { query: FOLLOW, variables: '{ "id": "store_…" }' },
  { query: DELETE, variables: '{ "input": { "id": "store_…" } }' },
  {
    query: UPGRADE,
    variables: '{ "input": { "engine": "woocommerce", "version": "…", "canaries": 1, "parallel": 2, "dryRun": true } }',
  },
];
