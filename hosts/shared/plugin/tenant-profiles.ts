import { isObject } from "../values/is-object.ts";
import { copyOf, type EntityCopies } from "./entity-copies.ts";
import type { LiveEntities } from "./live-entities.ts";

/**
 * Puts back the tenants that a writer has dropped from an account.
 *
 * MSAL adds the tenant of an answer to the account that memory holds when the answer comes, and only then asks to be
 * let in (`buildAccountToCache`, msal-node 2.16 to 7.2). What it puts into memory goes without the tenants that have
 * been added in between, here or by another process, and `getAllAccounts` would not list them any more. It never means
 * to: a tenant goes with its account.
 */
export function keepTenantProfiles(before: EntityCopies, memory: LiveEntities): void {
  for (const [key, copy] of before) {
    const known = tenantProfilesOf(copy);
    const account = memory[key];
    if (known.length === 0 || !isObject(account)) continue;
    const present = tenantProfilesOf(account);
    const tenants = new Set(present.map(tenantOf));
    const dropped = known.filter((profile) => !tenants.has(tenantOf(profile)));
    if (dropped.length > 0) account.tenantProfiles = [...present, ...dropped.map(copyOf)];
  }
}

function tenantProfilesOf(entity: unknown): readonly unknown[] {
  return isObject(entity) && Array.isArray(entity.tenantProfiles) ? entity.tenantProfiles : [];
}

function tenantOf(profile: unknown): unknown {
  return isObject(profile) ? profile.tenantId : undefined;
}
