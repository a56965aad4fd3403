/** The C library, for runtimes that must be told its name, and the function in it that says where `errno` is. */
export interface CLibrary {
  readonly name: string;
  readonly errnoLocation: string;
}

/** `undefined` on Windows: nothing of it is called there. */
export function cLibraryOf(platform: string): CLibrary | undefined {
  if (platform === "win32") return undefined;
  return platform === "darwin"
    ? { name: "libSystem.dylib", errnoLocation: "__error" }
    : { name: "libc.so.6", errnoLocation: "__errno_location" };
}
