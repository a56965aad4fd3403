import type { Capabilities } from "./capabilities.ts";
import { statusName } from "./error-messages.ts";

/**
 * What a log line says of an event of the core's beside its name: a process may have several caches, so which one, and
 * where a damaged original is. The core knows neither.
 *
 * @param told the core's own text, JSON or none
 */
export function eventText(code: string, told: string, { store, lock }: Capabilities, keptAs: string): string {
  if (code === "cache_damaged" && told !== "") return `${store.location}: ${damage(told)}`;
  if (code === "cache_set_aside") return `${store.location} has been kept as ${keptAs}`;
  const about = code.startsWith("lock_") ? lock.path : store.location;
  return told === "" ? about : `${about}: ${told}`;
}

function damage(told: string): string {
  const { status, offset } = JSON.parse(told) as { status: number; offset: number };
  return `${statusName(status)} at byte ${offset}`;
}
