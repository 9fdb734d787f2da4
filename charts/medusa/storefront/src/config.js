/**
 * @typedef {object} Config
 * @property {number} port
 * @property {string | undefined} host  Every address of the machine, of IPv6 and IPv4, if undefined.
 * @property {string} backendUrl  Where Medusa answers inside the cluster, without a final slash.
 * @property {string} publishableKey  Opens Medusa's store API. It never leaves the server.
 * @property {string} shopName
 * @property {string} shopOrigin  Scheme, host and port that shoppers see, such as https://candles.example.com.
 * @property {boolean} isCopy  Whether the shop is a copy of another one, to try things in.
 */

/** Some of the environment is missing or wrong; the message names each variable and the remedy. */
export class ConfigError extends Error {}

/**
 * Read the configuration from the environment.
 *
 * @param {Record<string, string | undefined>} environment
 * @returns {Config}
 * @throws {ConfigError} With every mistake, so that one restart is enough.
 */
export function readConfig(environment) {
  /** @type {string[]} */
  const mistakes = [];

  /**
   * @template T
   * @param {string} name
   * @param {(value: string) => T | undefined} read
   * @param {string} remedy
   * @param {string} [standard]
   * @returns {T}
   */
  function setting(name, read, remedy, standard) {
    const value = (environment[name] ?? "").trim() || standard;
    const result = value === undefined ? undefined : read(value);
    if (result === undefined) {
      mistakes.push(`${name} is ${value === undefined ? "missing" : "wrong"}. ${remedy}`);
    }
    // Nobody sees an undefined one: the mistakes are thrown below.
    return /** @type {T} */ (result);
  }

  const config = {
    port: setting("PORT", readPort, "Give a number from 1 to 65535.", "8000"),
    // Node falls back to IPv4 by itself where a machine has no IPv6; "::" would fail there.
    host: (environment.HOST ?? "").trim() || undefined,
    backendUrl: setting(
      "BACKEND_URL",
      readOrigin,
      "Give the address of the Medusa server without a path, such as http://medusa:9000.",
    ),
    publishableKey: setting(
      "PUBLISHABLE_KEY",
      (value) => (/^pk_\w+$/.test(value) ? value : undefined),
      "Give the publishable API key of the shop's sales channel; it begins with pk_.",
    ),
    shopName: setting(
      "SHOP_NAME",
      (value) => (value.length <= 200 ? value : undefined),
      "Give the shop's name, of at most 200 characters.",
    ),
    shopOrigin: setting(
      "SHOP_URL",
      readOrigin,
      "Give the address that shoppers see without a path, such as https://candles.example.com.",
    ),
    isCopy: setting("SHOP_IS_COPY", readBoolean, "Give true or false.", "false"),
  };
  if (mistakes.length > 0) {
    throw new ConfigError(mistakes.join("\n"));
  }
  return config;
}

/** @param {string} value */
function readPort(value) {
  const port = Number(value);
  return /^\d+$/.test(value) && port >= 1 && port <= 65_535 ? port : undefined;
}

/** @param {string} value */
function readBoolean(value) {
  return ["true", "false"].includes(value) ? value === "true" : undefined;
}

/** @param {string} value */
function readOrigin(value) {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
  return isPlain ? url.origin : undefined;
}
