// Create a store over graphql-ws, follow it until it is ready, then delete it to its end: what
// create_and_follow.py does, in JavaScript. Run it in dashboard/, whose packages it uses.

import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { createClient } = require("graphql-ws");

const client = createClient({
  url: process.env.STORE_PLATFORM_URL,
  connectionParams: { authorization: `Bearer ${process.env.STORE_PLATFORM_TOKEN}` },
  webSocketImpl: globalThis.WebSocket ?? require("ws"), // part of Node from version 22 on
  keepAlive: 5_000,
});

async function execute(query, variables) {
  const { value } = await client.iterate({ query, variables }).next();
  if (value.errors) throw new Error(JSON.stringify(value.errors));
  return value.data;
}

async function follow(id, after, until) {
  const query = `subscription ($id: ID!, $after: Int) { storeStatus(id: $id, after: $after) {
    version events { version status message } store { status url } } }`;
  let version = after;
  for await (const { data, errors } of client.iterate({ query, variables: { id, after } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    const update = data.storeStatus;
    for (const event of update.events) {
      if (event.version !== ++version) throw new Error(`event ${event.version}, not ${version}`);
      console.log(" ", event.message ?? event.status);
    }
    const { status, url } = update.store;
    if (status === until || status === "FAILED") {
      console.log(`${status}: ${url}`);
      return update.version;
    }
  }
}

const { createStore } = await execute(
  `mutation ($input: CreateStoreInput!) {
    createStore(input: $input) { store { id } errors { message } } }`,
  { input: { name: process.argv[2], engine: "woocommerce" } },
);
if (createStore.errors.length) throw new Error(JSON.stringify(createStore.errors));
const { id } = createStore.store;
const version = await follow(id, 0, "READY");
await execute(
  `mutation ($input: DeleteStoreInput!) { deleteStore(input: $input) { errors { message } } }`,
  { input: { id } },
);
await follow(id, version, "DELETED");
await client.dispose();
