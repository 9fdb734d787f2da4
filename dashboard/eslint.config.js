import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports run one way: app, then features, then components and lib. Features do not know each other. */
function forbids(files, ...patterns) {
  return {
    files: [`src/${files}/**/*.{ts,tsx}`],
    rules: { "no-restricted-imports": ["error", { patterns: patterns.map((group) => ({ group: [group], message: "Imports run one way: app, features, components and lib." })) }] },
  };
}

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/gql", "screenshots", "test-results"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  forbids("features", "@/features/*", "@/app/*", "../../*"),
  forbids("components", "@/features/*", "@/app/*", "../*"),
  forbids("lib", "@/features/*", "@/app/*", "@/components/*"),
);
