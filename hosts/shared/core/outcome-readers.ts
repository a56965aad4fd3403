import { type CoreMemory, type CoreResult, FLAG } from "./core-memory.ts";
import type { CommitOutcome, LoadOutcome, LockReport, MergeOutcome } from "./outcomes.ts";

const NONE: readonly string[] = Object.freeze([]);
/** Length of the detail of a merge without accounts added or removed. */
const NO_ACCOUNTS = '{"accountsAdded":[],"accountsRemoved":[]}'.length;

interface AccountChanges {
  readonly accountsAdded: readonly string[];
  readonly accountsRemoved: readonly string[];
}

const NO_CHANGES: AccountChanges = { accountsAdded: NONE, accountsRemoved: NONE };

function has(result: CoreResult, flag: number): boolean {
  return (result.flags & flag) !== 0;
}

export function lockReport({ waitedMs, takeOvers, restarts }: CoreResult): LockReport {
  return { waitedMs, takeOvers, restarts };
}

export function loadOutcome(result: CoreResult, memory: CoreMemory): LoadOutcome {
  const unchanged = has(result, FLAG.unchanged);
  return {
    unchanged,
    content: !unchanged && has(result, FLAG.hasDocument) ? memory.copy(result.data, result.dataLength) : undefined,
    salvaged: has(result, FLAG.salvaged),
    setAside: has(result, FLAG.setAside),
    ...lockReport(result),
  };
}

export function commitOutcome(result: CoreResult, memory: CoreMemory, content: Uint8Array): CommitOutcome {
  return {
    ...mergeOutcome(result, memory, content),
    salvaged: has(result, FLAG.salvaged),
    setAside: has(result, FLAG.setAside),
    ...lockReport(result),
  };
}

export function mergeOutcome(result: CoreResult, memory: CoreMemory, content: Uint8Array): MergeOutcome {
  // Most merges change no account; they are spared the parsing.
  const accounts =
    result.detailLength <= NO_ACCOUNTS ? NO_CHANGES : (JSON.parse(memory.detail(result)) as AccountChanges);
  return {
    content,
    unchanged: (result.flags & FLAG.unchanged) !== 0,
    added: result.added,
    updated: result.updated,
    removed: result.removed,
    conflicts: result.conflicts,
    accountsAdded: accounts.accountsAdded,
    accountsRemoved: accounts.accountsRemoved,
  };
}
