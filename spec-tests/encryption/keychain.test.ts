// macOS's keychain is not here. The same class, through the same package, runs against the Secret Service.
import { execFile } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import * as library from "../../hosts/node/index.ts";
import { installHost } from "../../hosts/shared/runtime/host.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { commandFor } from "../processes/commands.ts";
import { persistenceContract } from "../suite/library/persistence-contract.ts";
import { onCache } from "../suite/library-tests.ts";
import { hasSecretService, startSecretService } from "./secret-service.ts";

const { buildEncryptedPersistence, KeychainPersistence } = library;
const run = promisify(execFile);
const folder = temporaryFolder();

test.runIf(process.platform !== "darwin")("elsewhere than on macOS it is a typed error", async () => {
  await expect(KeychainPersistence.create(folder.file("cache"))).rejects.toMatchObject({ code: "not_supported" });
});

describe.runIf(hasSecretService)("as if on macOS, in the Secret Service", () => {
  let service: Awaited<ReturnType<typeof startSecretService>>;
  beforeAll(async () => {
    service = await startSecretService();
    installHost({ ...nodeHost, runtime: { ...nodeHost.runtime, platform: "darwin" } });
  });
  afterAll(async () => {
    installHost(nodeHost);
    await service.stop();
  });

  const create = (cache: string) => KeychainPersistence.create(cache, "service", cache);
  persistenceContract(library, { encrypted: true, create }, onCache("contract", test));

  test("Deno gets the package by what its registry is told", { timeout: 120_000 }, async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    for (const name of ["hosts/shared", "hosts/deno"]) await cp(root + name, folder.file(name), { recursive: true });
    const manifest = JSON.parse(await readFile(`${root}deno.json`, "utf8"));
    await writeFile(folder.file("deno.json"), JSON.stringify({ ...manifest, nodeModulesDir: "none" }));
    const script = `
      import { host, installHost } from "./hosts/shared/runtime/host.ts";
      import { KeychainPersistence } from "./hosts/deno/index.ts";
      installHost({ ...host(), runtime: { ...host().runtime, platform: "darwin" } });
      const persistence = await KeychainPersistence.create("cache", "service", "Deno");
      await persistence.save("text");
      console.log(await persistence.load());
      await persistence.delete();`;
    await writeFile(folder.file("script.ts"), script);
    const [deno] = await commandFor("deno");
    const argv = ["run", "--quiet", "--no-check", "--allow-all", "script.ts"];
    expect((await run(deno, argv, { cwd: folder.path })).stdout.trim()).toBe("text");
  });

  test("is what buildEncryptedPersistence takes, under Python's names", async () => {
    const persistence = await buildEncryptedPersistence(folder.file("cache"));
    expect(persistence).toBeInstanceOf(KeychainPersistence);
    await persistence.save("secret");
    expect(await (await KeychainPersistence.create(folder.file("cache"), "msal-extensions")).load()).toBe("secret");
    expect(await readFile(folder.file("cache"), "utf8")).toBe("{}");
    await persistence.delete();
  });
});
