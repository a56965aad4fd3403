// Uses an item that is locked, where nobody answers the service's prompt (unanswered_service.py); then somebody does.
// Prints what came of it, as JSON.
import { spawnSync } from "node:child_process";
import process from "node:process";
import type { PersistenceError } from "../../hosts/shared/errors/persistence-error.ts";
import { library } from "../support/library.ts";

/** What a call came to, and after how many whole seconds. */
export interface Outcome {
  readonly value: unknown;
  readonly seconds: number;
}

export interface UnansweredResult {
  readonly together: readonly Outcome[];
  readonly afterwards: readonly Outcome[];
  readonly answered: readonly Outcome[];
}

const [location = ""] = process.argv.slice(2);
const persistence = await library.LibSecretPersistence.create(location, "service", "account");
const save = (text: string) => () => persistence.save(text);
const load = () => persistence.load();

async function outcomeOf(operation: () => Promise<unknown>): Promise<Outcome> {
  const start = performance.now();
  const value = await operation().catch((error: PersistenceError) => error.code);
  return { value: value ?? null, seconds: Math.floor((performance.now() - start) / 1000) };
}

async function inTurn(...operations: (() => Promise<unknown>)[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const operation of operations) outcomes.push(await outcomeOf(operation));
  return outcomes;
}

function answer(): void {
  const argv = ["--session", "--dest=org.freedesktop.secrets", "--print-reply", "/org/freedesktop/secrets"];
  const { status } = spawnSync("dbus-send", [...argv, "org.freedesktop.Secret.Service.Answer"]);
  if (status !== 0) throw new Error("the stand-in does not answer");
}

const together = await Promise.all([load, save("lost"), load].map(outcomeOf));
const afterwards = await inTurn(load, save("lost"));
answer();
const answered = await inTurn(load, save("saved"), load);
console.log(JSON.stringify({ together, afterwards, answered } satisfies UnansweredResult));
