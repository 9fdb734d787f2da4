// Runs the public audits of GraphQL over HTTP against a server; prints those that are not passed.
// Run it in dashboard/, whose packages it uses.

import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { auditServer } = require("graphql-http");

const authorization = `Bearer ${process.env.STORE_PLATFORM_TOKEN}`;
const results = await auditServer({
  url: process.env.STORE_PLATFORM_URL,
  fetchFn: (url, { headers, ...init } = {}) =>
    fetch(url, { ...init, headers: { ...headers, authorization } }),
});
const failed = results.filter(({ status }) => status !== "ok");
console.log(
  JSON.stringify({
    audits: results.length,
    failed: failed.map(({ id, name, status, reason }) => ({ id, name, status, reason })),
  }),
);
