// Rules for the scripts of the pages, their build and their tests. Prettier decides about layout.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["app/static/", "build/", "node_modules/", ".venv/", ".halocline/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      // Names are nouns of the content.
      "id-denylist": ["error", "anew", "asked", "found", "kept", "said", "told", "ways"],
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  { files: ["monitoring/pictures/src/**"], languageOptions: { globals: globals.browser } },
  {
    files: ["app/assets/js/**"],
    languageOptions: { globals: globals.browser },
    rules: {
      // Texts of the API become text nodes, never HTML.
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property })),
      ],
    },
  },
  { files: ["app/assets/*.mjs", "eslint.config.js", "tests/**/*.js"], languageOptions: { globals: globals.node } },
];
