// Every JavaScript example of these pages is run as it stands there, in a home folder of its own.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as api from "../../hosts/node/index.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "msal-extensions-examples-"));
// Inside the package, so that `msal-extensions` means this one.
const folder = join(root, "dist", "examples");
mkdirSync(folder, { recursive: true });

afterAll(() => rmSync(home, { recursive: true, force: true }));

const PAGES = ["README.md", "docs/api.md", "docs/migration.md"] as const;
const textOf = (page: string) => readFileSync(join(root, page), "utf8");

describe.each(PAGES)("%s", (page) => {
  const examples = [...textOf(page).matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string);

  it("has examples", () => expect(examples.length).toBeGreaterThanOrEqual(2));

  it.each(examples.map((code, index) => [index + 1, code] as const))("example %i runs", (index, code) => {
    const file = join(folder, `${page.replace(/\W/g, "-")}-${index}.mjs`);
    writeFileSync(file, code);
    const env = { ...process.env, HOME: home };
    expect(() => execFileSync(process.execPath, [file], { env, encoding: "utf8", stdio: "pipe" })).not.toThrow();
  });

  it("its examples are TypeScript as well, of the strict kind", () => {
    const files = examples.map((code, index) => {
      const file = join(folder, `${page.replace(/\W/g, "-")}-${index + 1}.mts`);
      writeFileSync(file, code.replace(/\/\*(: \w+)\*\//g, "$1")); // the types that an example has in comments
      return file;
    });
    expect(typeErrors(files)).toBe("");
  });
});

function typeErrors(files: readonly string[]): string {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const strict = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
  const args = [tsc, "--ignoreConfig", "--noEmit", ...strict, "--module", "nodenext", "--types", "node", ...files];
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" }).stdout;
}

it("docs/api.md names every export, and every member of the classes", () => {
  const names = Object.entries(api).flatMap(([name, exported]) => [name, ...membersOf(exported)]);
  const text = textOf("docs/api.md");
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
});

/** Of a logger and of the environment those that the family has are enough. */
function membersOf(exported: unknown): string[] {
  if (typeof exported !== "function" || exported === api.Logger || exported === api.Environment) return [];
  const members = Object.getOwnPropertyNames((exported as { prototype?: object }).prototype ?? {});
  return members.filter((name) => name !== "constructor");
}
