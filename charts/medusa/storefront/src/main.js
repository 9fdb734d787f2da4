import { once } from "node:events";
import { ConfigError, readConfig } from "./config.js";
import { createShopServer } from "./http/server.js";
import { createLog } from "./log.js";
import { createShop } from "./shop.js";

// Below the 30 s that Kubernetes waits before it kills.
const GRACE_MILLISECONDS = 25_000;
const log = createLog(process.stdout);

try {
  await serve();
} catch (error) {
  if (!(error instanceof ConfigError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function serve() {
  const config = readConfig(process.env);
  const server = createShopServer(createShop(config, log));
  server.listen(config.port, config.host);
  await once(server, "listening");
  log("started", { address: server.address(), shop: config.shopName });

  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, () => {
      log("stopping", { signal });
      // Requests under way are answered; then nothing is left to do, and the process ends by itself.
      server.close(() => log("stopped"));
      setTimeout(() => server.closeAllConnections(), GRACE_MILLISECONDS).unref();
    });
  }
}
