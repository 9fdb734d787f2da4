import type { CodegenConfig } from "@graphql-codegen/cli";

/** Types of our operations, from the contract that the API itself is tested against. */
const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: ["src/{app,features,lib}/**/*.{ts,tsx}"],
  silent: true,
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { DateTime: "string", JSON: "unknown" },
      },
    },
  },
};

export default config;
