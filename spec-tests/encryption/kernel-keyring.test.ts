import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import * as library from "../../hosts/node/index.ts";
import { KernelKeyring, type KeyringHost } from "../../hosts/shared/encryption/keys/kernel-keyring.ts";
import { installHost } from "../../hosts/shared/runtime/host.ts";
import { document, temporaryFolder } from "../plugin/fixtures.ts";
import { compiled } from "../processes/child.ts";
import { persistenceContract } from "../suite/library/persistence-contract.ts";
import { KEYRING_NAME as NAME, nativeKinds } from "../suite/library/persistence-kinds.ts";
import { onCache } from "../suite/library-tests.ts";
import { needs } from "./tools.ts";

const { KernelKeyringPersistence, TokenCacheStore } = library;

const run = promisify(execFile);
const folder = temporaryFolder();
const keyring = () => new KernelKeyring(nodeHost, NAME);
const create = (log: string[] = []) =>
  KernelKeyringPersistence.create(folder.file("cache"), NAME, { loggerCallback: (_level, line) => log.push(line) });
/** What the keyring holds now; /proc/keys also lists what is only waiting to be collected. */
function keysNamed(part: string): string[] {
  const ring = execFileSync("keyctl", ["get_persistent", "@u"], { encoding: "utf8" }).trim();
  const listed = execFileSync("keyctl", ["show", ring], { encoding: "utf8" });
  return listed.split("\n").filter((line) => line.includes(part));
}

test.each(["darwin", "win32"])("on %s it is refused when it is made, as other stores are", async (platform) => {
  installHost({ ...nodeHost, runtime: { ...nodeHost.runtime, platform } });
  onTestFinished(() => installHost(nodeHost));
  await expect(create()).rejects.toMatchObject({ code: "not_supported" });
});

const onLinux = needs("the kernel keyring", process.platform === "linux");

const refuseAll: ReturnType<typeof nodeHost.foreignFunctions>["open"] = (_library, signatures) =>
  Object.fromEntries(Object.keys(signatures).map((name) => [name, () => -1])) as never;

afterEach(() => {
  if (onLinux) keyring().remove();
});

describe.runIf(onLinux)("kernel keyring", () => {
  persistenceContract(library, nativeKinds(library)["kernel keyring"], onCache("contract", test));

  test("one key for all objects and processes of a name, made once", async () => {
    const key = keyring().forProtecting();
    expect(key.bytes).toHaveLength(32);
    expect(keyring().forProtecting()).toEqual(key);
    expect(keysNamed(NAME)).toHaveLength(1);
  });

  test("asks for the persistent keyring with each use: the kernel ends it days after somebody has last asked", () => {
    const GET_PERSISTENT = 22;
    let asked = 0;
    const { open, ...others } = nodeHost.foreignFunctions();
    const counting: typeof open = (library, signatures) => {
      const functions = Object.entries(open(library, signatures)).map(([name, call]) => [
        name,
        (...values: unknown[]) => {
          if (Number(values[1]) === GET_PERSISTENT) asked += 1;
          return (call as (...values: unknown[]) => unknown)(...values);
        },
      ]);
      return Object.fromEntries(functions);
    };
    const counted = new KernelKeyring({ ...nodeHost, foreignFunctions: () => ({ ...others, open: counting }) }, NAME);
    const { bytes } = counted.forProtecting();
    const before = asked;
    for (let uses = 1; uses <= 3; uses += 1) {
      expect(counted.forUnprotecting()?.bytes).toEqual(bytes);
      expect(asked).toBe(before + uses);
    }
  });

  test("binds its functions once, however many keyrings a process has: what is bound is never given back", () => {
    const { open, ...others } = nodeHost.foreignFunctions();
    const counting = vi.fn(open);
    const host = { ...nodeHost, foreignFunctions: () => ({ ...others, open: counting as typeof open }) };
    new KernelKeyring(host, NAME).forProtecting();
    const { length } = counting.mock.calls;
    new KernelKeyring(host, NAME).forProtecting();
    expect(counting).toHaveBeenCalledTimes(length);
  });

  test("two threads that make the key at once have the same one", { timeout: 60_000 }, async () => {
    const { stdout } = await run(process.execPath, [compiled("spec-tests/encryption/keyring-threads.js")]);
    expect(stdout).toBe("0");
  });

  test("trying it out leaves no key behind", async () => {
    const persistence = await create();
    const tries = vi.spyOn(persistence, "createForPersistenceValidation");
    await persistence.verifyPersistence();
    const trial = await tries.mock.results[0]!.value; // others try it out at the same time, or were killed while they did
    expect(keysNamed(basename(trial.getFilePath()))).toEqual([]);
  });

  test("a lost key is an empty cache and a line in the log; the file is set aside when something is saved", async () => {
    await (await create()).save(JSON.stringify(document("eve")));
    const before = await readFile(folder.file("cache"));
    keyring().remove();
    const log: string[] = [];
    const persistence = await create(log);
    expect(await persistence.load()).toBeNull();
    expect(log.join()).toContain("key_not_found");
    expect(await readFile(folder.file("cache"))).toEqual(before);
    const store = await TokenCacheStore.open(persistence);
    await store.commit(undefined, JSON.stringify(document("ada")));
    await store.close();
    expect(await persistence.load()).toMatch(/ada/);
    const kept = (await readdir(folder.path)).filter((name) => name.includes(".damaged-"));
    expect(kept).toHaveLength(1);
    expect(await readFile(folder.file(kept[0]!))).toEqual(before);
  });

  test("a file whose key was lost is set aside by save", async () => {
    await (await create()).save("old");
    const before = await readFile(folder.file("cache"));
    keyring().remove();
    const persistence = await create();
    await persistence.save("new");
    expect(await persistence.load()).toBe("new");
    const kept = (await readdir(folder.path)).filter((name) => name.includes(".damaged-"));
    expect(kept).toHaveLength(1);
    expect(await readFile(folder.file(kept[0]!))).toEqual(before);
  });

  test("a key that has taken the place of the lost one is not taken for it", async () => {
    await (await create()).save("old");
    keyring().remove();
    keyring().forProtecting(); // Another cache of that name was first after the reboot.
    const log: string[] = [];
    expect(await (await create(log)).load()).toBeNull();
    expect(log.join()).toContain("key_not_found");
  });

  test("a keyring that is forbidden is a typed error", async () => {
    const refusing: KeyringHost = {
      ...nodeHost,
      foreignFunctions: () => ({ ...nodeHost.foreignFunctions(), open: refuseAll, errno: () => 1 }),
    };
    const failure = () => new KernelKeyring(refusing, NAME).forProtecting();
    expect(failure).toThrow(expect.objectContaining({ code: "secret_store_unavailable" }));
    const elsewhere = new KernelKeyring({ ...nodeHost, architecture: "mips" }, NAME);
    expect(() => elsewhere.forProtecting()).toThrow(expect.objectContaining({ code: "not_supported" }));
  });
});

/** A session keyring without a link to the user keyring: cron jobs, containers, some SSH servers. */
describe.runIf(onLinux && needs("keyctl", spawnSync("keyctl", ["--version"]).status === 0))("a bare session", () => {
  test("the first call of a process finds the key", async () => {
    await (await create()).save("text");
    const script = `
      const { KernelKeyringPersistence } = await import("msal-extensions");
      const persistence = await KernelKeyringPersistence.create(${JSON.stringify(folder.file("cache"))}, "${NAME}");
      process.stdout.write(String(await persistence.load()));`;
    const argv = ["session", "-", process.execPath, "--input-type=module", "-e", script];
    const root = fileURLToPath(new URL("../../", import.meta.url));
    expect((await run("keyctl", argv, { cwd: root })).stdout).toBe("text");
  });
});

const goSource = fileURLToPath(new URL("go", import.meta.url));
describe.runIf(onLinux && needs("go", spawnSync("go", ["version"]).status === 0))("Go's azidentity/cache", () => {
  let peer = "";
  beforeAll(async () => {
    peer = join(goSource, ".build", "peer");
    await mkdir(join(goSource, ".build"), { recursive: true });
    await run("go", ["build", "-o", peer, "."], { cwd: goSource });
  }, 300_000);

  const home = () => ({ ...process.env, HOME: folder.path, XDG_CACHE_HOME: folder.path });
  const located = () => KernelKeyringPersistence.create(join(folder.path, ".IdentityService", NAME));

  test("writes what is read here, and reads what is merged into it here", async () => {
    execFileSync(peer, ["write", NAME], { env: home(), input: JSON.stringify(document("ada")) });
    const persistence = await located();
    expect(await persistence.load()).toBe(JSON.stringify(document("ada")));
    const store = await TokenCacheStore.open(persistence);
    await store.commit(undefined, JSON.stringify(document("bob")));
    await store.close();
    const { stdout } = await run(peer, ["read", NAME], { env: home() });
    expect(Object.keys(JSON.parse(stdout).Account)).toHaveLength(2);
    execFileSync(peer, ["write", NAME], { env: home(), input: stdout });
    expect(await persistence.load()).toBe(stdout);
  });

  test("a changed byte is found", async () => {
    execFileSync(peer, ["write", NAME], { env: home(), input: "{}" });
    const file = join(folder.path, ".IdentityService", NAME);
    const text = await readFile(file, "utf8");
    const at = text.lastIndexOf(".") + 1;
    await writeFile(file, text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1));
    await expect((await located()).load()).rejects.toMatchObject({ code: "unprotect_failed" });
  });
});
