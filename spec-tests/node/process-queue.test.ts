import { expect, test, vi } from "vitest";
import { enterTurn, enterTurns } from "../../hosts/shared/lock/process-queue.ts";

const LONG_MS = 60_000;

test("who waits for one of several lock files keeps nobody from the others", async () => {
  const leave = await enterTurn("queue z", LONG_MS);
  const several = enterTurns(["queue a", "queue z"], LONG_MS);
  const other = enterTurn("queue a", 0);
  expect(other).toBeTypeOf("function"); // at once
  leave();
  (await other)();
  const leaveAll = await several;
  for (const path of ["queue a", "queue z"]) {
    await expect(enterTurn(path, 0)).rejects.toMatchObject({ code: "lock_timeout", location: path });
  }
  leaveAll();
  for (const path of ["queue a", "queue z"]) (await enterTurn(path, 0))();
});

test("what was waited for is kept while another one is busy, or given up with it", async () => {
  const [first, second] = [await enterTurn("queue a", LONG_MS), await enterTurn("queue b", LONG_MS)];
  const several = enterTurns(["queue a", "queue b"], LONG_MS);
  first();
  await Promise.resolve();
  const again = await enterTurn("queue a", LONG_MS);
  second();
  await Promise.resolve();
  again();
  (await several)();
  for (const path of ["queue a", "queue b"]) (await enterTurn(path, 0))();
});

test("who leaves twice ends nobody else's turn", async () => {
  const leave = await enterTurn("queue z", LONG_MS);
  leave();
  const other = await enterTurn("queue z", LONG_MS);
  leave();
  await expect(enterTurn("queue z", 0)).rejects.toMatchObject({ code: "lock_timeout" });
  other();
});

test("who gives up has none", async () => {
  const leave = await enterTurn("queue z", LONG_MS);
  await expect(enterTurns(["queue a", "queue z"], 1)).rejects.toMatchObject({ code: "lock_timeout" });
  (await enterTurn("queue a", 0))();
  leave();
  (await enterTurn("queue z", 0))();
});

test("a clock that is set while one waits is no waiting", async () => {
  const [first, second] = [await enterTurn("queue a", LONG_MS), await enterTurn("queue b", LONG_MS)];
  const several = enterTurns(["queue a", "queue b"], LONG_MS);
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 2 * LONG_MS);
  first(); // and "queue b" is waited for, for what is left of the time
  const outcome = await Promise.race([several, new Promise((resolve) => setTimeout(resolve, 5))]).catch(
    (error: unknown) => error,
  );
  clock.mockRestore();
  expect(outcome).toBeUndefined();
  second();
  (await several)();
});
