// A process that commits through core.wasi.wasm without a pause, so many times or until it
// is killed. One token a commit.
import { randomBytes } from "node:crypto";
import process from "node:process";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { sha256 } from "../authority/index.ts";
import { parent } from "../processes/parent.ts";
import { storedKey } from "../processes/stored.ts";
import { OPEN, WasiCache } from "./wasi-cache.ts";

export interface WasiAssignment {
  readonly cache: string;
  readonly clientId: string;
  /** Without end unless told otherwise. */
  readonly commits?: number;
}

export type WasiNews =
  | { readonly type: "ready" }
  | { readonly type: "begins" }
  | { readonly type: "committed"; readonly key: string; readonly sha256: string };

const { assignment, ordered, tell } = parent<WasiNews, "go">();
const { cache, clientId, commits = Number.POSITIVE_INFINITY } = assignment<WasiAssignment>();

function processAlive(pid: number): number {
  try {
    process.kill(pid, 0);
    return STATUS.alive;
  } catch {
    return STATUS.dead;
  }
}

const wasi = new WasiCache(cache, { flags: OPEN.processes, timeoutMs: 30_000, answers: { processAlive } });
await tell({ type: "ready" });
await ordered("go");
for (let n = 0; n < commits; n++) {
  const key = storedKey(clientId, `https://resource-${n % 20}.example.com/.default`);
  const secret = randomBytes(1100).toString("base64url");
  const entity = { secret, client_id: clientId, cached_at: String(1_700_000_000 + n), expires_on: "4000000000" };
  await tell({ type: "begins" });
  const { status } = wasi.commit(undefined, JSON.stringify({ AccessToken: { [key]: entity } }));
  if (status !== STATUS.ok) throw new Error(`commit ended with status ${status}`);
  await tell({ type: "committed", key, sha256: sha256(secret) });
}
process.exit(0);
