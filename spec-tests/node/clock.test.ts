import { expect, it } from "vitest";
import { createClock } from "../../hosts/shared/runtime/clock.ts";

it("tells the time, sleeps no less than asked, and draws numbers from [0, 1)", async () => {
  const clock = createClock();
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  const from = performance.now();
  await clock.sleep(20);
  expect(performance.now() - from).toBeGreaterThan(18);
  const drawn = Array.from({ length: 1000 }, () => clock.random());
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.min(...drawn)).toBeLessThan(0.1);
  expect(Math.max(...drawn)).toBeLessThan(1);
  expect(Math.max(...drawn)).toBeGreaterThan(0.9);
  expect(new Set(drawn).size).toBe(1000);
});
