import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildEncryptedPersistence, FilePersistenceWithKey, TokenCacheStore } from "../../hosts/node/index.ts";
import { startAuthority } from "../authority/index.ts";
import { hasSecretService, startSecretService } from "../encryption/secret-service.ts";
import { storedAccessTokens } from "../processes/stored.ts";
import { temporaryCache } from "../processes/temporary.ts";
import { describeEmbedding } from "./embedding.ts";
import { Program } from "./program.ts";
import { build, EMBEDDINGS, missingFor, run } from "./setup.mjs";

const [PYTHON, EXAMPLE] = EMBEDDINGS.python.programs.example as [string, string];
const CLIENT = "5e57ab1e-0000-4000-8000-0000000000e1";
const KEY = new Uint8Array(32).fill(7);

describeEmbedding("python");

describe.skipIf(missingFor("python").length > 0)("encryption by the embedding in python", () => {
  beforeAll(() => build("python"), 900_000);

  it("opens what FilePersistenceWithKey wrote, adds to it, and Node.js opens that", async () => {
    const cache = await temporaryCache();
    const store = await TokenCacheStore.open(await FilePersistenceWithKey.create(cache, KEY));
    await store.commit(undefined, document("node"));
    const python = new Program([PYTHON, "-c", COMMIT], [cache, Buffer.from(KEY).toString("hex"), document("python")]);
    expect(await python.ended).toBe(0);
    const { content } = await store.load();
    await store.close();
    expect(Object.keys(JSON.parse(new TextDecoder().decode(content)).AccessToken)).toEqual(["node", "python"]);
    await expect(storedAccessTokens(cache)).rejects.toThrow(SyntaxError); // it is no plain text
  });

  describe.skipIf(!hasSecretService)("with its key in the Secret Service", () => {
    let service: { stop(): Promise<void> };
    beforeAll(async () => {
      service = await startSecretService();
    });
    afterAll(() => service.stop());

    it("passes its own tests", () => run("python", [[PYTHON, "-m", "pytest", "-m", "secret_service"]]));

    it("keeps its cache at the location of buildEncryptedPersistence's, which keeps its own", async () => {
      const cache = await temporaryCache();
      const store = await TokenCacheStore.open(await buildEncryptedPersistence(cache));
      const tokens = (content: Uint8Array | string) => Object.keys(JSON.parse(content.toString()).AccessToken);
      const stored: { node: string[]; python: string[] } = { node: [], python: [] };
      for (const key of ["1", "2", "3"]) {
        const python = new Program([PYTHON, "-c", COMMIT_ENCRYPTED], [cache, document(`python ${key}`)]);
        expect(await python.ended).toBe(0);
        stored.python = tokens(python.lines.join(""));
        const { content } = await store.commit(undefined, document(`node ${key}`));
        stored.node = tokens(Buffer.from(content));
      }
      const of = (name: string) => ["1", "2", "3"].map((key) => `${name} ${key}`);
      expect(stored).toEqual({ node: of("node"), python: of("python") });
      await store.clear();
      await store.close();
      const python = new Program([PYTHON, "-c", COMMIT_ENCRYPTED], [cache, document("python 3")]);
      await python.ended;
      expect(tokens(python.lines.join(""))).toEqual(of("python"));
    });

    it("signs in, and the next process finds the account", async () => {
      const cache = await temporaryCache();
      const authority = await startAuthority();
      const example = async () => {
        const program = new Program([PYTHON, EXAMPLE], [cache, CLIENT], { AUTHORITY_URL: authority.url });
        expect(await program.ended).toBe(0);
        return program.lines[0]?.split(": ") ?? [];
      };
      try {
        const [how, user] = await example();
        expect([how, user]).toEqual(["signed in", expect.stringContaining("@example.com")]);
        expect(await example()).toEqual(["from the cache", user]);
        expect(await readFile(cache, "utf8")).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
      } finally {
        await authority.close();
      }
    });
  });
});

const document = (key: string) =>
  JSON.stringify({ AccessToken: { [key]: { secret: "a secret", cached_at: "1700000000", expires_on: "4000000000" } } });

const COMMIT = `
import sys
from msal_extensions_wasm import FilePersistenceWithKey, TokenCacheStore

cache, key, ours = sys.argv[1:]
store = TokenCacheStore(FilePersistenceWithKey(cache, bytes.fromhex(key)))
store.commit(None, ours.encode())
`;

const COMMIT_ENCRYPTED = `
import sys
from msal_extensions_wasm import TokenCacheStore, build_encrypted_persistence

cache, ours = sys.argv[1:]
print(TokenCacheStore(build_encrypted_persistence(cache)).commit(None, ours.encode()).content.decode())
`;
