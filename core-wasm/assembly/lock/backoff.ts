// How long to wait before the next look at a busy lock: from 2 ms, doubling to 50 ms, less a jitter of up to a
// half so that contenders who began together do not stay together. The peers sleep 100 ms (Node) and 250 ms
// (Python) at a time: that is their p99.

const FIRST_MS: f64 = 2;
const LONGEST_MS: f64 = 50;
const DOUBLINGS: u32 = 5;

/** `round` counts from 0, `random` lies in [0, 1). Never longer than what `remaining` allows. */
export function waitFor(round: u32, random: f64, remaining: f64): f64 {
  const doubled = FIRST_MS * <f64>(1 << (round < DOUBLINGS ? round : DOUBLINGS));
  const longest = doubled < LONGEST_MS ? doubled : LONGEST_MS;
  const jittered = longest * (0.5 + 0.5 * random);
  return jittered < remaining ? jittered : remaining;
}
