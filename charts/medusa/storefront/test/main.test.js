import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FakeMedusa, PUBLISHABLE_KEY, refuse } from "./fake-medusa.js";

const MAIN = fileURLToPath(new URL("../src/main.js", import.meta.url));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  return port;
}

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, string>} [address]
 */
async function run(t, address = { HOST: "127.0.0.1" }) {
  const medusa = new FakeMedusa();
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PORT: String(port),
      ...address,
      BACKEND_URL: await medusa.start(),
      PUBLISHABLE_KEY,
      SHOP_NAME: "Harbour & Hill",
      SHOP_URL: `http://127.0.0.1:${port}`,
    },
  });
  t.after(() => {
    child.kill("SIGKILL");
    medusa.stop();
  });
  await once(child.stdout, "data");
  return { medusa, child, url: `http://127.0.0.1:${port}` };
}

test("a wrong environment is refused before anything listens", async () => {
  const child = spawn(process.execPath, [MAIN], { env: { PORT: "x" } });
  const said = child.stderr.toArray();
  const [code] = await once(child, "exit");
  assert.equal(code, 2);
  assert.match(Buffer.concat(await said).toString(), /^PORT is wrong\. Give a number from 1 to 65535\.\nBACKEND_URL is missing\./);
});

test("alive is the process, and ready is the backend", async (t) => {
  const { medusa, url } = await run(t);
  medusa.script(/./, refuse(503, { message: "starting" }), 1);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  const waiting = await fetch(`${url}/readyz`);
  assert.deepEqual([waiting.status, await waiting.text()], [503, "The backend does not answer this shop.\n"]);
  while ((await fetch(`${url}/readyz`)).status !== 200) {
    await sleep(50);
  }
});

test("whatever the address family, it is listened on", async (t) => {
  const { url } = await run(t, {});
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  const hasIpv6 = Object.values(networkInterfaces()).flat().some((at) => at?.address === "::1");
  if (hasIpv6) {
    assert.equal((await fetch(`${url.replace("127.0.0.1", "[::1]")}/healthz`)).status, 200);
  }
});

test("SIGTERM lets a request end, takes no other, and ends the process", async (t) => {
  const { medusa, child, url } = await run(t);
  /** @type {() => void} */
  let release = () => {};
  const asked = new Promise((done) => {
    medusa.script(/products/, (response) => {
      release = () => refuse(200, /** @type {any} */ ({ products: [], count: 0 }))(response);
      done(undefined);
    });
  });
  const page = fetch(url);
  await asked;
  child.kill("SIGTERM");
  while (await fetch(`${url}/healthz`).then(() => true, () => false)) {
    await sleep(10);
  }
  const exit = once(child, "exit");
  release();
  assert.equal((await page).status, 200);
  assert.deepEqual(await exit, [0, null]);
});
