import type { RuntimeName } from "../spec-tests/processes/commands.ts";
import type { Assignment, Role } from "./messages.ts";
import { type Choice, isFile } from "./store.ts";

const PUBLIC_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

export const USER_SCOPES = ["User.Read", "Mail.Read", "Files.Read", "Calendars.Read", "Tasks.Read", "Notes.Read"];
export const USER_REFRESHES = 24;

export const SERVICE_SCOPES = Array.from({ length: 25 }, (_, i) => `https://resource-${i + 1}.example.com/.default`);
/** Every token is fetched twice: the second one has to replace the first. */
export const SERVICE_ROUNDS = 2;
export const SERVICE_BATCH = 5;

/** The part of the work after which everybody rests, and the cache is torn. */
export const PAUSES = [0.5, 0.8] as const;

export const ACQUIRE_CALLS = 4 * (1 + USER_REFRESHES) + 4 * SERVICE_SCOPES.length * SERVICE_ROUNDS;

/**
 * Eight that work, on three runtimes, one that is killed with the lock in its hands, one that
 * tears the file, if there is one.
 */
export function crew({ order, store }: Choice, authorityUrl: string): readonly Assignment[] {
  const member = (name: string, role: Role, runtime: RuntimeName, clientId = "", user = ""): Assignment => ({
    name,
    role,
    runtime,
    ...order,
    authorityUrl,
    clientId,
    user,
    sharesAccount: user === "team",
  });
  return [
    member("user-1 (ann)", "user", "deno", PUBLIC_CLIENT, "ann"),
    member("user-2 (ben)", "user", "bun", PUBLIC_CLIENT, "ben"),
    member("user-3 (team)", "user", "node", PUBLIC_CLIENT, "team"),
    member("user-4 (team)", "user", "deno", PUBLIC_CLIENT, "team"),
    ...(["node", "deno", "bun", "node"] as const).map((runtime, i) =>
      member(`service-${i + 1}`, "service", runtime, `5e57ab1e-0000-4000-8000-00000000000${i + 1}`),
    ),
    member("victim", "victim", "bun"),
    ...(isFile(store) ? [member("vandal", "vandal", "node")] : []),
  ];
}
