import { readFileSync } from "node:fs";
import { buildSchema, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { examples } from "./examples";

const schema = buildSchema(readFileSync("../schema/schema.graphql", "utf8"));

test.each(examples)("an example fits the contract: $query", ({ query }) => {
  expect(validate(schema, parse(query))).toEqual([]);
});
