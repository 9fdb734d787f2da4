import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

const RAW_COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|color-mix)\(/i;

test.each(Object.keys(import.meta.glob("/src/{app,components,features,graphiql}/**/*.css")).filter((file) => !/\/(?:tokens|graphiql\/theme)\.css$/.test(file)))(
  "%s names colours by their meaning",
  (file) => {
    expect(readFileSync(`.${file}`, "utf8").split("\n").filter((line) => RAW_COLOUR.test(line))).toEqual([]);
  },
);
