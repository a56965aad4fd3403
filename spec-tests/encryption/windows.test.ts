// The Windows side of DPAPI, the store and the lock, in the Windows builds of Node.js.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { endWine, hasWine, installPackage, WINDOWS_NODES, WINE_LIMIT_MS, WindowsProcess, windowsPath } from "./wine.ts";

const folder = temporaryFolder();
const cache = () => windowsPath(folder.file("cache"));
const COMMITS = 10;

beforeAll(async () => {
  if (hasWine) await installPackage();
});
afterAll(() => {
  if (hasWine) endWine();
});

describe.runIf(hasWine).each(WINDOWS_NODES)("Windows, under Wine, %s", { timeout: WINE_LIMIT_MS }, (node) => {
  let one: WindowsProcess;
  let other: WindowsProcess;
  beforeAll(async () => {
    [one, other] = await Promise.all([WindowsProcess.start(node), WindowsProcess.start(node)]);
  }, WINE_LIMIT_MS);
  afterAll(() => Promise.all([one.end(), other.end()]), WINE_LIMIT_MS);

  test("DPAPI: ours and the peer's blobs open each other; what does not open is a typed error", async () => {
    expect(await one.value("dataProtection")).toEqual({
      lockKind: "K",
      plainOnDisk: false,
      verified: true,
      peerReadsOurs: "secret é",
      wrongEntropy: "unprotect_failed",
      noEntropy: "unprotect_failed",
      weReadThePeers: "of the peer",
      cutShort: "unprotect_failed",
      garbage: "unprotect_failed",
      empty: [null, "persistence_not_found"],
      plain: "not_encrypted",
      migrated: true,
      accounts: 3,
      built: ["FilePersistenceWithDataProtection", true],
    });
  });

  // The blob itself says for whom it is: whoever opens it need not.
  test("DPAPI: either scope opens as either, for the peer too", async () => {
    const opened = Object.values((await one.value("scopes")) as Record<string, unknown>);
    expect(opened).toEqual(Array(4).fill(["text", "text"]));
  });

  test("DPAPI keeps the contract of every persistence", async () => {
    const results = (await one.value("contract")) as { name: string; failure?: string }[];
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(results).toHaveLength(13);
  });

  test("processes commit to one encrypted cache, behind a killed holder of its lock: nothing is lost", async () => {
    const victim = await WindowsProcess.start(node);
    await victim.value("lock", `${cache()}.lockfile`, 1000);
    expect(await one.call("lock", `${cache()}.lockfile`, 100)).toMatchObject({ error: { code: "lock_timeout" } });
    const users = (name: string) => Array.from({ length: COMMITS }, (_, i) => `${name}-${i}`);
    const commits = [one, other].map((process, i) => process.value("commit", cache(), users(`process-${i}`)));
    void victim.call("die");
    await victim.ended;
    await Promise.all(commits);
    expect(await one.value("accounts", cache())).toBe(2 * COMMITS);
    expect(await readdir(folder.path)).toEqual(["cache"]);
  });

  describe("a file that another program has open", () => {
    let writer: WindowsProcess;
    let sleeps = 0;
    beforeAll(async () => {
      writer = await WindowsProcess.start(node);
      await writer.value("controlSleep");
    }, WINE_LIMIT_MS);
    afterAll(() => writer.end(), WINE_LIMIT_MS);

    let isOpen = false;
    async function open(share: string, onSleep: () => unknown = () => undefined): Promise<void> {
      sleeps = 0;
      writer.onSleep = () => {
        sleeps += 1;
        return sleeps === 1 ? onSleep() : undefined;
      };
      await writeFile(folder.file("cache"), "old");
      await other.value("openFile", cache(), share);
      isOpen = true;
    }
    const close = async () => {
      isOpen = false;
      await other.value("closeFile");
    };
    afterEach(async () => {
      if (isOpen) await close();
    });

    test.each([
      ["save", "read", "new", null, "new"],
      ["save", "everything", "new", null, "new"], // Renaming onto an open file is refused however it is shared.
      ["remove", "read", undefined, true, undefined],
      ["load", "nothing", undefined, "old", "old"],
    ])("%s is tried again until it is closed (it shares %s)", async (verb, share, text, value, left) => {
      await open(share, close);
      expect(await writer.value(verb, cache(), text)).toBe(value);
      expect(sleeps).toBeGreaterThan(0);
      expect(await readFile(folder.file("cache"), "utf8").catch(() => undefined)).toBe(left);
    });

    test.each([
      ["save", "read", "new"],
      ["remove", "read", undefined],
      ["load", "nothing", undefined],
    ])(
      "%s ends with a typed error if it stays open (it shares %s), and the file is as it was",
      async (verb, share, text) => {
        await open(share);
        expect(await writer.call(verb, cache(), text)).toMatchObject({ error: { code: "permission_denied" } });
        expect(sleeps).toBe(11);
        expect(await readFile(folder.file("cache"), "utf8")).toBe("old");
        expect(await readdir(folder.path)).toEqual(["cache"]);
      },
    );
  });
});
