import { generate } from "./scenario/generate.ts";
import { simulate } from "./simulate.ts";

Error.stackTraceLimit = 5;
const [from, to] = process.argv[2]!.split("-").map(Number);
const begin = performance.now();
let events = 0;
const limits: Record<string, number> = {};
const seen: Record<string, number[]> = {};
for (let seed = from!; seed <= (to ?? from!); seed++) {
  const outcome = await simulate(generate(seed), { isTraced: to === undefined });
  events += outcome.events;
  for (const [name, count] of Object.entries(outcome.limits)) limits[name] = (limits[name] ?? 0) + count;
  if (to === undefined) console.log(JSON.stringify(generate(seed)), "\n" + outcome.trace.join("\n"));
  if (outcome.violation) {
    const key = outcome.violation.message.replace(/\d+/g, "N").slice(0, 300);
    (seen[key] ??= []).push(seed);
  }
}
for (const [key, seeds] of Object.entries(seen)) console.log(seeds.length, key, seeds.slice(0, 5).join(" "));
const ms = performance.now() - begin;
console.log({ ms: Math.round(ms), events, perEvent: (ms / events) * 1000, limits });
