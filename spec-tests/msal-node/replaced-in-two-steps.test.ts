// File systems on which a file that somebody has open is not replaced in one step: NFS, all that goes through libfuse.
// For a moment there is nothing at the path of the cache.
import { expect, it, onTestFinished, vi } from "vitest";
import { nodeHost } from "../../hosts/node/capabilities.ts";
import { Bench, scopes, signal, signedIn } from "./setup.ts";

const { fs } = nodeHost.runtime;

/** The next renaming onto `path` takes away what is there, and goes on when `open` is called. */
function halfReplaced(path: string) {
  const [gate, open] = signal();
  const [taken, take] = signal();
  const rename = fs.rename.bind(fs);
  const spy = vi.spyOn(fs, "rename").mockImplementation((from, to, done) => {
    if (to !== path) return rename(from, to, done);
    spy.mockRestore();
    fs.unlink(path, () => {
      take();
      void gate.then(() => rename(from, to, done));
    });
  });
  onTestFinished(() => spy.mockRestore());
  return { taken, open };
}

/** Resolves when somebody has looked for `path` and found nothing. */
function missed(path: string): Promise<void> {
  const stat = fs.stat.bind(fs) as (...values: unknown[]) => void;
  return new Promise((resolve) => {
    const spy = vi.spyOn(fs, "stat") as unknown as {
      mockImplementation(stat: (...values: unknown[]) => void): void;
      mockRestore(): void;
    };
    spy.mockImplementation((looked, options, done) =>
      stat(looked, options, (error: NodeJS.ErrnoException | null, found: unknown) => {
        (done as (error: unknown, found: unknown) => void)(error, found);
        if (looked !== path || error?.code !== "ENOENT") return;
        spy.mockRestore();
        resolve();
      }),
    );
    onTestFinished(() => spy.mockRestore());
  });
}

it.each([
  ["that knows it", true],
  ["that has never seen it", false],
])("an application %s does not take a cache that is being replaced for an empty one", async (_what, known) => {
  const bench = await Bench.create({ strict: true });
  const writer = bench.app(await bench.plugin());
  const ann = await signedIn(writer, "ann");
  const reader = bench.app(await bench.plugin());
  if (known) await reader.getTokenCache().getAllAccounts();

  const { taken, open } = halfReplaced(bench.cache);
  const [one, two] = scopes(2) as [string, string];
  const written = writer.acquireTokenSilent({ account: ann, scopes: [one], forceRefresh: true });
  await taken;
  const absent = missed(bench.cache);
  const read = reader.getTokenCache().getAllAccounts();
  await absent;
  open();

  expect((await read).map(({ username }) => username)).toEqual([ann.username]);
  const renewed = await reader.acquireTokenSilent({ account: ann, scopes: [two], forceRefresh: true });
  expect(await bench.missing([await written, renewed])).toEqual([]);
});

it("what is renewed while the cache is being replaced is kept", async () => {
  const bench = await Bench.create({ strict: true });
  const writer = bench.app(await bench.plugin());
  const ann = await signedIn(writer, "ann");
  const { network, reached, open: answer } = bench.gatedNetwork();
  const renewer = bench.app(await bench.plugin(), undefined, network);
  await renewer.getTokenCache().getAllAccounts();
  const service = bench.service(await bench.plugin());

  const renewed = renewer.acquireTokenSilent({ account: ann, scopes: ["Renewed"], forceRefresh: true });
  await reached; // it has read the refresh token, and waits for its successor
  const { taken, open } = halfReplaced(bench.cache);
  const fetched = service.acquireTokenByClientCredential({ scopes: ["https://service.example/.default"] });
  await taken;
  const absent = missed(bench.cache);
  answer();
  await absent;
  open();

  expect(await bench.missing([await renewed, await fetched])).toEqual([]);
  const again = await renewer.acquireTokenSilent({ account: ann, scopes: ["Again"], forceRefresh: true });
  expect(await bench.missing([again])).toEqual([]);
});
