// Runs once before all tests. The core builds its tables on memory that is zero; where it is not, chains run in circles
// and a test hangs in a call that no timeout can end. So this ends the run, and says why.
import { instantiate } from "../../hosts/shared/core/core-module.ts";
import { STATUS } from "../../hosts/shared/errors/status.ts";
import { RawCore, readOutcome } from "../session/raw-core.ts";
import { buildModule, buildNames } from "./core-builds.ts";

const SIZE = 4096;
const TORN = new TextEncoder().encode(`{"AccessToken":{"secret":"${"s".repeat(SIZE)}`);

export default function checkArena(): void {
  for (const name of buildNames) {
    const imports = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0 }) });
    const core = instantiate(buildModule(name), imports, { maxBytes: SIZE, lockTimeoutMs: 0 }, () => 0);
    const bytes = () => new Uint8Array(core.memory.buffer, core.alloc(SIZE), SIZE);
    bytes().fill(0xc5);
    core.reset();
    if (bytes().some((byte) => byte !== 0)) fail(`reset() of ${name}`);
  }
  checkRelease();
}

/** What one attempt to read left behind must be gone when the next begins. */
function checkRelease(): void {
  const raw = new RawCore(buildModule("core.wasm"));
  raw.core.load();
  raw.core.poll();
  raw.answer(STATUS.ok, new Uint8Array(24));
  raw.answer(STATUS.ok, readOutcome(TORN, 5));
  raw.answer(STATUS.ok);
  if (raw.last().name !== "store.read") throw new Error(`A second read was expected, not ${raw.last().name}`);
  const next = new Uint8Array(raw.core.memory.buffer, raw.core.alloc(SIZE), SIZE);
  if (next.some((byte) => byte !== 0)) fail("a second attempt to read");
}

function fail(what: string): never {
  throw new Error(`The core's arena is not filled with zeros after ${what} (core-wasm/assembly/abi/arena.ts)`);
}
