type Permission = "ffi" | "run" | "sys";

/** The part of Deno's own API that is used: nothing of `node:*` stands for it. */
export interface DenoApi {
  dlopen(
    library: string,
    symbols: Record<string, { parameters: readonly string[]; result: string; nonblocking?: boolean }>,
  ): { symbols: Record<string, (...values: unknown[]) => unknown> };
  openSync(path: string, options: { read: boolean; write: boolean }): DenoFile;
  permissions: { querySync(permission: { name: Permission }): { state: "granted" | "prompt" | "denied" } };
  UnsafePointer: { create(address: bigint): unknown };
  UnsafePointerView: new (
    pointer: unknown,
  ) => { getInt32(offset: number): number; getArrayBuffer(length: number): ArrayBuffer };
}

export interface DenoFile {
  statSync(): { dev: number; ino: number | null };
  tryLockSync(exclusive: boolean): boolean;
  close(): void;
}

export const { Deno: deno } = globalThis as unknown as { Deno: DenoApi };

/** Never asks the user: a lock must not depend on who is looking. */
export function isPermitted(name: Permission): boolean {
  return deno.permissions.querySync({ name }).state === "granted";
}
