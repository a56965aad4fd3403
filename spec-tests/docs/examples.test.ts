// Every JavaScript example of the README is run as it stands there, in a home folder of its own.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "msal-extensions-examples-"));
// Inside the package, so that `msal-extensions` means this one.
const folder = join(root, "dist", "examples");
mkdirSync(folder, { recursive: true });

afterAll(() => rmSync(home, { recursive: true, force: true }));

const readme = readFileSync(join(root, "README.md"), "utf8");
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string);

describe("README.md", () => {
  it("has examples", () => expect(examples.length).toBeGreaterThanOrEqual(3));

  it.each(examples.map((code, index) => [index + 1, code] as const))("example %i runs", (index, code) => {
    const file = join(folder, `example-${index}.mjs`);
    writeFileSync(file, code);
    const env = { ...process.env, HOME: home };
    expect(() => execFileSync(process.execPath, [file], { env, encoding: "utf8", stdio: "pipe" })).not.toThrow();
  });
});
