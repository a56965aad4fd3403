/** Who can decrypt what DPAPI has encrypted. */
export const DataProtectionScope = { CurrentUser: "CurrentUser", LocalMachine: "LocalMachine" } as const;
export type DataProtectionScope = (typeof DataProtectionScope)[keyof typeof DataProtectionScope];
