// macOS's keychain is not here. The same class, through the same package, runs against the Secret Service.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import * as library from "../../hosts/node/index.ts";
import { installHost } from "../../hosts/shared/host.ts";
import { temporaryFolder } from "../plugin/fixtures.ts";
import { persistenceContract } from "../suite/library/persistence-contract.ts";
import { onCache } from "../suite/library-tests.ts";
import { hasSecretService, startSecretService } from "./secret-service.ts";

const { buildEncryptedPersistence, KeychainPersistence } = library;
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

  test("is what buildEncryptedPersistence takes, under Python's names", async () => {
    const persistence = await buildEncryptedPersistence(folder.file("cache"));
    expect(persistence).toBeInstanceOf(KeychainPersistence);
    await persistence.save("secret");
    expect(await (await KeychainPersistence.create(folder.file("cache"), "msal-extensions")).load()).toBe("secret");
    expect(await readFile(folder.file("cache"), "utf8")).toBe("{}");
    await persistence.delete();
  });
});
