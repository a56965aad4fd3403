import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNodes, type Runtime } from "../../tools/runtimes.mjs";
import { compiled } from "../processes/child.ts";
import { installWasmtime, isWasmtimeThere, wasmtimeScript } from "../wasmtime/wasmtime.ts";

const SECRET = "s3cr3t-do-not-tell";
const entity = (cachedAt: string) => ({ secret: SECRET, cached_at: cachedAt, expires_on: cachedAt });
const account = {
  ...{ home_account_id: "u.t", environment: "e", realm: "t", username: 'ä "b"@x', name: "N" },
  ...{ local_account_id: "l", idTokenClaims: { token: SECRET } },
};
const whole = {
  ...{ Account: { a: account, odd: 5 }, AccessToken: { k1: entity("100"), k2: entity("4000000000") } },
  ...{ RefreshToken: { r: entity("100") }, "of others": SECRET },
};
const FILES = {
  "whole.json": JSON.stringify(whole, undefined, 1),
  "base.json": JSON.stringify({ AccessToken: { k1: entity("100") } }),
  "ours.json": JSON.stringify({ AccessToken: { k3: entity("200") } }),
  "torn.json": JSON.stringify(whole).slice(0, -60),
  "trailing.json": `{"AccessToken":{}} {}`,
  "array.json": "[]",
  "empty.json": "",
  "notes.txt": "The cache was here.",
  "cache.jwe": `eyJhbGciOiJkaXIi${"A".repeat(40)}`,
  "cache.dpapi": Buffer.from("01000000d08c9ddf0115d1118c7a00c04fc297eb", "hex"),
};

const folder = mkdtempSync(join(tmpdir(), "msal-extensions-command-"));

beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, "folder"));
  if (process.platform !== "win32") spawnSync("mkfifo", [join(folder, "pipe")]);
});

afterAll(() => rmSync(folder, { recursive: true }));

installWasmtime();

interface Said {
  readonly code: number | null;
  readonly output: string;
  readonly complaint: string;
}

type Launch = (args: readonly string[]) => [program: string, args: string[]];

const onNode = ({ path, version }: Runtime): [string, boolean, Launch] => [
  `node:wasi of ${version}`,
  true,
  (args) => [path, [compiled("hosts/node/msal-cache.js"), ...args]],
];

const NODES = findNodes();

const LAUNCHERS: ReadonlyArray<[string, boolean, Launch]> = [
  ...[...new Set([NODES[0]!, NODES.at(-1)!])].map(onNode), // the one that runs this, and the newest
  ["wasmtime", isWasmtimeThere, (args) => wasmtimeScript("command.py", folder, ...args)],
];

describe("msal-cache with a large cache", () => {
  const [LARGE, TORN] = ["large.json", "large-torn.json"];
  const entities = Array.from({ length: 12_000 }, (_, n) => [`k${n}`, { secret: "s".repeat(2000), cached_at: "1" }]);
  const large = JSON.stringify({ AccessToken: Object.fromEntries(entities) });
  let cwd: string;

  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), "msal-extensions-command-"));
    writeFileSync(join(cwd, LARGE), large);
    writeFileSync(join(cwd, TORN), large.slice(0, -10));
  });

  afterAll(() => rmSync(cwd, { recursive: true }));

  const start = (...args: string[]) =>
    spawn(process.execPath, [compiled("hosts/node/msal-cache.js"), ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });

  it("prints all of it to whoever reads late", async () => {
    const child = start("salvage", LARGE);
    const ended = once(child, "exit");
    await once(child.stdout, "readable"); // and nothing is read, so the pipe is full before long
    const pieces: Buffer[] = [];
    for await (const piece of child.stdout) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).toString() === large).toBe(true);
    expect(await ended).toEqual([0, null]);
  });

  it("reads one that is torn until it is certain", async () => {
    const child = start("verify", TORN);
    const ended = once(child, "exit");
    expect((await child.stderr.toArray()).join("")).toContain(`${TORN}: json_unexpected_end: `);
    expect(await ended).toEqual([1, null]);
  });
});

it.skipIf(process.platform === "win32")("a name in a folder that is gone is a file that cannot be read", () => {
  const cwd = mkdtempSync(join(tmpdir(), "msal-extensions-command-"));
  const inGone = ["-c", 'rmdir "$PWD" && exec "$@"', "sh", process.execPath, compiled("hosts/node/msal-cache.js")];
  const { status, stderr } = spawnSync("sh", [...inGone, "verify", "cache.json"], { cwd, encoding: "utf8" });
  expect([status, stderr]).toEqual([3, expect.stringMatching(/^msal-cache: cache\.json: \w+: .*\n$/)]);
});

describe.each(LAUNCHERS)("msal-cache on %s", (_name, isThere, launch) => {
  function run(...args: string[]): Said {
    const [program, options] = launch(args);
    const { status, stdout, stderr } = spawnSync(program, options, { cwd: folder, encoding: "utf8" });
    return { code: status, output: stdout, complaint: stderr };
  }

  it.runIf(isThere)("inspect tells what is in a cache, and no secret", () => {
    const { code, output, complaint } = run("inspect", "whole.json");
    expect([code, complaint]).toEqual([0, ""]);
    const { home_account_id, environment, realm, username, name } = account;
    expect(JSON.parse(output)).toEqual({
      bytes: new TextEncoder().encode(FILES["whole.json"]).length,
      entities: { Account: 2, IdToken: 0, AccessToken: 2, RefreshToken: 1, AppMetadata: 0 },
      expiredAccessTokens: 1,
      foreign: ["of others"],
      accounts: [{ home_account_id, environment, realm, username, name }, {}],
    });
    expect(output).not.toContain(SECRET);
  });

  it.runIf(isThere).each([
    ["torn.json", "json_unexpected_end", Buffer.byteLength(FILES["torn.json"])],
    ["trailing.json", "json_trailing_bytes", 19],
    ["array.json", "not_a_cache", 0],
    ["empty.json", "json_unexpected_end", 0],
  ])("verify and inspect refuse %s: %s", (file, code, offset) => {
    for (const command of ["verify", "inspect"]) {
      const said = run(command, file);
      expect([said.code, said.output]).toEqual([1, ""]);
      expect(said.complaint).toMatch(new RegExp(`^msal-cache: .*${file}: ${code}: .* At byte ${offset}\\.\\n$`));
      expect(said.complaint).not.toContain(SECRET);
    }
  });

  it.runIf(isThere && process.platform !== "win32")("a pipe is not_a_file, and not waited for", () => {
    const said = run("verify", "pipe");
    expect(said).toMatchObject({ code: 3, output: "" });
    expect(said.complaint).toContain(": not_a_file: ");
  });

  it.runIf(isThere)("verify accepts a cache", () => {
    expect(run("verify", "whole.json")).toEqual({ code: 0, output: "ok\n", complaint: "" });
  });

  it.runIf(isThere).each([
    ["missing.json", "not_found"],
    ["no/such/folder/cache.json", "(not_found|invalid_location)"],
    ["folder", "not_a_file"],
    ["whole.json/cache.json", "(not_a_file|invalid_location)"],
  ])("%s cannot be read: %s", (file, code) => {
    const said = run("verify", file);
    expect(said).toMatchObject({ code: 3, output: "" });
    expect(said.complaint).toMatch(new RegExp(`^msal-cache: .*${file}: ${code}: .*\\n$`));
  });

  it.runIf(isThere && process.platform !== "win32")("a backslash is a letter of a name", () => {
    const around = "with \\ in its name";
    const cache = join(around, "ca\\che.json");
    mkdirSync(join(folder, around));
    writeFileSync(join(folder, cache), FILES["whole.json"]);
    expect(run("verify", cache)).toEqual({ code: 0, output: "ok\n", complaint: "" });
    rmSync(join(folder, around), { recursive: true });
  });

  it.runIf(isThere)("salvage prints what is whole of a torn cache, and a whole one as it is", () => {
    const saved = run("salvage", "torn.json");
    expect(saved).toMatchObject({ code: 0, complaint: "" });
    expect(JSON.parse(saved.output)).toMatchObject({
      AccessToken: whole.AccessToken,
      "msal-extensions.salvaged": expect.any(String),
    });
    expect(run("salvage", "whole.json").output).toBe(FILES["whole.json"]);
  });

  it.runIf(isThere).each(["empty.json", "array.json", "notes.txt"])(
    "salvage refuses %s, of which nothing is whole",
    (file) => {
      const said = run("salvage", file);
      expect([said.code, said.output]).toEqual([1, ""]);
      expect(said.complaint).toMatch(new RegExp(`^msal-cache: .*${file}: (json_|not_a_cache).* At byte 0\\.\\n$`));
    },
  );

  it.runIf(isThere).each(["cache.jwe", "cache.dpapi"])(
    "%s is encrypted, and no command takes it for damage",
    (file) => {
      for (const args of [["inspect"], ["verify"], ["salvage"], ["merge", "-", "ours.json"]]) {
        const said = run(...args, file);
        expect([said.code, said.output]).toEqual([1, ""]);
        expect(said.complaint).toMatch(new RegExp(`^msal-cache: .*${file}: encrypted: .*\\n$`));
      }
    },
  );

  it.runIf(isThere)("merge merges three ways, or two where there is no base", () => {
    const merged = run("merge", "base.json", "ours.json", "whole.json");
    expect(merged).toMatchObject({ code: 0, complaint: "" });
    expect(Object.keys(JSON.parse(merged.output).AccessToken)).toEqual(["k2", "k3"]);
    expect(Object.keys(JSON.parse(run("merge", "-", "ours.json", "whole.json").output).AccessToken)).toEqual([
      "k1",
      "k2",
      "k3",
    ]);
    expect(run("merge", "-", "ours.json", "-").output).toBe(FILES["ours.json"]);
  });

  it.runIf(isThere)("merge says which document is wrong", () => {
    for (const args of [
      ["torn.json", "ours.json", "whole.json"],
      ["-", "torn.json", "whole.json"],
      ["-", "ours.json", "torn.json"],
    ]) {
      const said = run("merge", ...args);
      expect(said).toMatchObject({ code: 1, output: "" });
      expect(said.complaint).toMatch(/torn\.json: json_unexpected_end: /);
    }
  });

  it.runIf(isThere).each([[[]], [["inspect"]], [["destroy", "whole.json"]], [["merge", "base.json", "ours.json"]]])(
    "%j is not understood",
    (args) => {
      const said = run(...args);
      expect(said).toMatchObject({ code: 2, output: "" });
      expect(said.complaint).toMatch(/^usage: msal-cache /);
    },
  );

  it.runIf(isThere).each(["--help", "-h"])("%s is answered on standard output", (flag) => {
    expect(run(flag)).toMatchObject({ code: 0, output: expect.stringMatching(/^usage: msal-cache /), complaint: "" });
  });

  it.runIf(isThere)("no file was written", () => {
    expect(readdirSync(folder).sort()).toEqual(
      [...(process.platform === "win32" ? [] : ["pipe"]), ...Object.keys(FILES), "folder"].sort(),
    );
    for (const [name, content] of Object.entries(FILES))
      expect(readFileSync(join(folder, name))).toEqual(Buffer.from(content));
  });
});
