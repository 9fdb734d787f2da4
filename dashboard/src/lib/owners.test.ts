import { expect, test } from "vitest";
import { ownerLabel, personLabel } from "./owners";

test("an issuer's person is never taken for a local one", () => {
  expect(ownerLabel({ ownerName: "ada", ownerSource: "local" })).toBe("ada");
  expect(ownerLabel({ ownerName: "ada", ownerSource: "https://login.example.com/realm" })).toBe("ada (login.example.com)");
  expect(ownerLabel({ ownerName: "ada", ownerSource: "issuer" })).toBe("ada (issuer)");
  expect(personLabel({ name: "command line", source: "command line" })).toBe("command line");
});
