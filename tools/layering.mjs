// Holds the layers of ARCHITECTURE.md: hosts/* → hosts/shared → the core's exports; never sideways, never upwards.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Folders of hosts/shared, and of its other files these. */
function shared(folders, files = "") {
  return [new RegExp(`^hosts/shared/(${folders})/`), new RegExp(`^hosts/shared/(${files})\\.ts$`)];
}

/** What all of hosts/shared builds on. */
const BASE = "errors|values|core|runtime";

/** For each folder: what its files may import. Paths are below the root; bare specifiers as written. */
const RULES = [
  { folder: "core-wasm/assembly/json", allowed: [/^core-wasm\/assembly\/(json|abi)\//] },
  { folder: "core-wasm/assembly/cache", allowed: [/^core-wasm\/assembly\/(json|cache|abi)\//] },
  { folder: "core-wasm/assembly/lock", allowed: [/^core-wasm\/assembly\/(lock|abi)\//] },
  { folder: "core-wasm/assembly/session", allowed: [/^core-wasm\/assembly\/(cache|lock|session|abi)\//] },
  { folder: "core-wasm/assembly/abi", allowed: [/^core-wasm\/assembly\/(json|cache|lock|session|abi)\//] },
  { folder: "core-wasm/assembly/wasi", allowed: [/^core-wasm\/assembly\/(cache|session|abi|wasi)\//] },
  { folder: "hosts/shared", allowed: [/^hosts\/shared\//, /^(jose|proper-lockfile)$/] },
  { folder: "hosts/shared/errors", allowed: shared("errors") },
  { folder: "hosts/shared/values", allowed: shared("errors|values") },
  { folder: "hosts/shared/core", allowed: shared(BASE, "logger|lock/process-queue") },
  {
    folder: "hosts/shared/runtime",
    allowed: shared(BASE, "files/file-system|files/prompt-file-system|lock/kernel-locks"),
  },
  { folder: "hosts/shared/files", allowed: shared(`${BASE}|files`) },
  { folder: "hosts/shared/lock", allowed: [...shared(`${BASE}|files|lock`), /^proper-lockfile$/] },
  {
    folder: "hosts/shared/persistence",
    allowed: shared(`${BASE}|files|lock|persistence`, "logger"),
  },
  {
    folder: "hosts/shared/plugin",
    allowed: shared(`${BASE}|persistence|plugin`, "logger|cross-platform-lock"),
  },
  {
    folder: "hosts/shared/encryption",
    allowed: [
      ...shared(`${BASE}|files|persistence|encryption`, "logger|cross-platform-lock|token-cache-store"),
      /^jose$/,
    ],
  },
  { folder: "hosts/node", allowed: [/^hosts\/(shared|node)\//, /^node:/] },
  { folder: "hosts/deno", allowed: [/^hosts\/(shared|deno)\//, /^node:/, /^@napi-rs\/keyring$/] },
  { folder: "hosts/bun", allowed: [/^hosts\/(shared|bun)\//, /^node:/, /^@napi-rs\/keyring$/] },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function targetOf(file, specifier) {
  return specifier.startsWith(".") ? relative(root, resolve(dirname(file), specifier)) : specifier;
}

const violations = [];
for (const { folder, allowed } of RULES) {
  for (const file of filesBelow(folder)) {
    for (const match of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const target = targetOf(file, match[1] ?? match[2] ?? match[3]);
      if (!allowed.some((rule) => rule.test(target))) violations.push(`${relative(root, file)} imports ${target}`);
    }
  }
}
if (violations.length) {
  console.error(`Imports against the layers of ARCHITECTURE.md:\n${violations.join("\n")}`);
  process.exit(1);
}
