// As much of the two runtimes' own test tools as the launchers use.
declare const Deno: { test(name: string, test: () => void | Promise<void>): void };

declare module "bun:test" {
  export function test(name: string, test: () => void | Promise<void>): void;
}
