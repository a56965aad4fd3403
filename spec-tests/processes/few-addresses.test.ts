// A process that may have fewer addresses than V8 sets aside for a WebAssembly memory, as with some hosters.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findNodes } from "../../tools/runtimes.mjs";
import { temporaryCache } from "./temporary.ts";

const library = JSON.stringify(import.meta.resolve("msal-extensions"));
const WITHOUT_THEM = "--disable-wasm-trap-handler";

/** Its code, or "stored", and what it said. */
async function commit(node: string, ...flags: string[]): Promise<string[]> {
  const path = JSON.stringify(await temporaryCache());
  const script = `import(${library})
    .then(({ TokenCacheStore }) => TokenCacheStore.open(${path}))
    .then((store) => store.commit(undefined, "{}"))
    .then(() => ["stored"], ({ code, message }) => [code, message])
    .then((said) => console.log(JSON.stringify(said)));`;
  const limited = ["-c", 'ulimit -v 4000000; exec "$0" "$@"', node, ...flags, "-e", script];
  return JSON.parse(execFileSync("sh", limited, { encoding: "utf8" }));
}

describe.runIf(process.platform === "linux").each(findNodes())(
  "with 4 GB of addresses, on $version",
  ({ path, version }) => {
    it("stores, or says how it would", async () => {
      const said = await commit(path);
      if (Number.parseInt(version, 10) >= 24) expect(said).toEqual(["stored"]);
      else expect(said).toEqual(["out_of_memory", expect.stringContaining(WITHOUT_THEM)]);
    });

    it("stores without V8's trap handler", async () => {
      expect(await commit(path, WITHOUT_THEM)).toEqual(["stored"]);
    });
  },
);
