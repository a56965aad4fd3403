import type { Lock, LockInspection } from "../../hosts/shared/core/capabilities.ts";

/** The rules of docs/lock.md, enough of them to try a lock's capabilities out without the core. */
export async function abandoned(lock: Lock, seen: LockInspection): Promise<boolean> {
  const age = Date.now() - seen.mtimeMs;
  if (seen.kernelLocked || (seen.size === 0 && age < 2000)) {
    return false;
  }
  const pid = Number.parseInt(Buffer.from(seen.content).toString(), 10);
  if (age < 30_000 && (await mayLive(lock, pid))) {
    return false;
  }
  return seen.leaseMtimeMs === undefined || Date.now() - seen.leaseMtimeMs > 8000;
}

/** A host that cannot tell is not evidence of a death. */
async function mayLive(lock: Lock, pid: number): Promise<boolean> {
  try {
    return await lock.processAlive(pid);
  } catch {
    return true;
  }
}

/** One look: `created` or `taken`, or undefined when somebody else holds it. */
export async function tryAcquire(lock: Lock): Promise<"created" | "taken" | undefined> {
  if (await lock.create()) {
    return "created";
  }
  const seen = await lock.inspect();
  if (seen && (await abandoned(lock, seen)) && (await lock.takeOver(seen)) === "taken") {
    return "taken";
  }
  return undefined;
}

export async function acquire(lock: Lock): Promise<"created" | "taken"> {
  for (let ms = 2; ; ms = Math.min(ms * 2, 50)) {
    const how = await tryAcquire(lock);
    if (how) {
      return how;
    }
    await lock.wait(ms);
  }
}
