import { expect, test } from "vitest";
import type { ViewerQuery } from "@/gql/graphql";
import { viewer } from "@/testing/platform";
import { quotaInWords } from "./quota";

const wordsOf = (given: Parameters<typeof viewer>[1]) => quotaInWords(viewer("OPERATOR", given)() as ViewerQuery);

test("how many stores one has and may have, and what does not count", () => {
  expect(wordsOf({ storesUsed: 3 })).toBe("You have 3 stores of 5; 2 left.");
  expect(wordsOf({ storesUsed: 1, countsSuspendedStores: false })).toBe("You have 1 store of 5; 4 left. Paused ones do not count.");
});
