import { expect, test } from "vitest";
import { addressOf, problemOfName } from "./name-rules";

test.each(["abc", "my-shop", "1st", "a--b", "a".repeat(40)])("%s is a name", (name) => {
  expect(problemOfName(name)).toBeUndefined();
});

test.each([
  ["", "Use at least 3 characters."],
  ["ab", "Use at least 3 characters."],
  ["a".repeat(41), "Use at most 40 characters; this has 41."],
  ["My-Shop", "Use only lower-case letters a-z, digits and hyphens."],
  ["käse", "Use only lower-case letters a-z, digits and hyphens."],
  ["-shop", "Begin and end with a letter or digit."],
  ["shop-", "Begin and end with a letter or digit."],
  ["xn--shop", "Do not use hyphens as both the third and the fourth character."],
])("“%s” is none: %s", (name, problem) => {
  expect(problemOfName(name)).toBe(problem);
});

test("the address has the name wherever the pattern has it", () => {
  expect(addressOf("https://{name}.shops.example", "tea")).toBe("https://tea.shops.example");
});
