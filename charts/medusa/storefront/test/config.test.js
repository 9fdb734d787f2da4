import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig } from "../src/config.js";

const RIGHT = {
  BACKEND_URL: "http://medusa:9000",
  PUBLISHABLE_KEY: "pk_0123456789abcdef",
  SHOP_NAME: "Harbour & Hill",
  SHOP_URL: "https://harbour.example.com/",
};

test("what is left out has a standard", () => {
  assert.deepEqual(readConfig(RIGHT), {
    port: 8000,
    host: undefined,
    backendUrl: "http://medusa:9000",
    publishableKey: "pk_0123456789abcdef",
    shopName: "Harbour & Hill",
    shopOrigin: "https://harbour.example.com",
    isCopy: false,
  });
});

test("port and address are taken", () => {
  const { port, host } = readConfig({ ...RIGHT, PORT: "8080", HOST: "127.0.0.1" });
  assert.deepEqual({ port, host }, { port: 8080, host: "127.0.0.1" });
});

test("a copy is one only if that is said", () => {
  assert.equal(readConfig({ ...RIGHT, SHOP_IS_COPY: "true" }).isCopy, true);
  for (const said of ["false", "", undefined]) {
    assert.equal(readConfig({ ...RIGHT, SHOP_IS_COPY: said }).isCopy, false);
  }
});

test("everything that is missing is named at once", () => {
  assert.throws(() => readConfig({}), (error) => {
    assert(error instanceof ConfigError);
    const names = error.message.split("\n").map((line) => line.split(". ")[0]);
    assert.deepEqual(names, [
      "BACKEND_URL is missing",
      "PUBLISHABLE_KEY is missing",
      "SHOP_NAME is missing",
      "SHOP_URL is missing",
    ]);
    return true;
  });
});

/** @type {[string, string, string][]} */
const WRONG = [
  ["PORT", "0", "PORT is wrong. Give a number from 1 to 65535."],
  ["PORT", "70000", "PORT is wrong. Give a number from 1 to 65535."],
  ["PORT", "http", "PORT is wrong. Give a number from 1 to 65535."],
  ["SHOP_IS_COPY", "yes", "SHOP_IS_COPY is wrong. Give true or false."],
  ["BACKEND_URL", "medusa:9000", "BACKEND_URL is wrong. Give the address of the Medusa server without a path, such as http://medusa:9000."],
  ["BACKEND_URL", "http://medusa:9000/store", "BACKEND_URL is wrong. Give the address of the Medusa server without a path, such as http://medusa:9000."],
  ["PUBLISHABLE_KEY", "sk_0123", "PUBLISHABLE_KEY is wrong. Give the publishable API key of the shop's sales channel; it begins with pk_."],
  ["SHOP_NAME", "x".repeat(201), "SHOP_NAME is wrong. Give the shop's name, of at most 200 characters."],
  ["SHOP_URL", "harbour.example.com", "SHOP_URL is wrong. Give the address that shoppers see without a path, such as https://candles.example.com."],
  ["SHOP_URL", "https://ada:secret@harbour.example.com", "SHOP_URL is wrong. Give the address that shoppers see without a path, such as https://candles.example.com."],
];

for (const [name, value, message] of WRONG) {
  test(`a wrong ${name} is refused: ${value.slice(0, 40)}`, () => {
    assert.throws(() => readConfig({ ...RIGHT, [name]: value }), { message });
  });
}
