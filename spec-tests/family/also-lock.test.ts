import { beforeAll, describe, expect, it } from "vitest";
import { temporaryCache } from "../processes/temporary.ts";
import { buildFamily, isThere, lockFileOf, startOurs, startPeer } from "./family.ts";

// Java locks `<folder>/.lockfile`. With `alsoLock` whoever changes a cache through this package holds that as well.

const RUNTIMES = ["node", "deno", "bun"] as const;
const HELD_MS = 8000;
const RECOVERY_MS = 1000;

beforeAll(buildFamily, 300_000);

async function oneOfEach(runtime: (typeof RUNTIMES)[number], task: "update" | "look-and-update") {
  const cache = await temporaryCache();
  const [java, ours] = await Promise.all([
    startPeer("java", { task: "hold", cache }),
    startOurs(runtime, { task, cache, alsoLock: [lockFileOf("java", cache)] }),
  ]);
  return { cache, java, ours, kill: () => Promise.all([java.kill(), ours.kill()]) };
}

async function keepsJavaOut(runtime: (typeof RUNTIMES)[number]) {
  const { java, ours, kill } = await oneOfEach(runtime, "update");
  try {
    ours.order("go");
    expect(await ours.hear("holding")).toBeDefined();
    java.order("go");
    const outcome = Promise.race([java.hear("holding"), java.hear("refused")]);
    const held = new Promise((resolve) => setTimeout(resolve, HELD_MS, "held")); // The time itself is what is tested.
    expect(await Promise.race([outcome, held])).toBe("held");
    ours.order("release");
    expect(await ours.hear("released")).toMatchObject({ intruded: [] });
    expect(await outcome).toMatchObject({ type: "holding" });
  } finally {
    await kill();
  }
}

it.runIf(isThere("java"))(
  "Java stays out for 8 s while we change a cache with its lock as well",
  { timeout: 60_000 },
  async () => {
    await Promise.all(RUNTIMES.map(keepsJavaOut));
  },
);

describe.runIf(isThere("java")).each(RUNTIMES)("%s changes a cache with Java's lock as well", (runtime) => {
  it.each(["released", "killed"] as const)(
    "waits for Java, and goes on when it is %s",
    { timeout: 60_000 },
    async (how) => {
      const { cache, java, ours, kill } = await oneOfEach(runtime, "look-and-update");
      try {
        java.order("go");
        expect(await java.hear("holding")).toBeDefined();
        ours.order("go");
        const { what } = (await ours.hear("busy"))!;
        expect(what).toContain(`${lockFileOf("java", cache)} was not obtained`);
        expect(what).toContain(String(java.pid));
        const started = performance.now();
        if (how === "killed") await java.kill();
        else java.order("release");
        expect(await ours.hear("holding")).toBeDefined();
        if (how === "killed") expect(performance.now() - started).toBeLessThan(RECOVERY_MS);
        ours.order("release");
        expect(await ours.hear("released")).toMatchObject({ intruded: [] });
      } finally {
        await kill();
      }
    },
  );
});
