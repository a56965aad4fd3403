import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A path for a cache in a folder of its own, which goes when the test has ended. */
export async function temporaryCache(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "msal-extensions-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "cache.json");
}
