import { readFileSync } from "node:fs";
import type {
  Awaitable,
  Capabilities,
  Cipher,
  Lock,
  LockInspection,
  Store,
  StoreVersion,
} from "../../hosts/shared/core/capabilities.ts";
import { CoreSession } from "../../hosts/shared/core/core-session.ts";
import type { SessionLimits } from "../../hosts/shared/core/session-limits.ts";

export const coreModule = new WebAssembly.Module(readFileSync(new URL("../../dist/core.wasm", import.meta.url)));

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decoder.decode(bytes);

export const document = (entities: Record<string, unknown>): string => JSON.stringify({ AccessToken: entities });

interface LockFile {
  inode: bigint;
  content: string;
  mtimeMs: number;
  leaseMtimeMs?: number | undefined;
  kernelLocked?: boolean;
  mine: boolean;
}

type Effect = () => void;

/**
 * A store, a lock and a clock in memory. Time passes only in `wait` and `sleep`. Every capability call is traced; `on`
 * schedules what happens just before the next call of a name (a peer writes, the disk is full, a process dies).
 */
export class World {
  now = 1_700_000_000_123;
  readonly trace: string[] = [];
  readonly logged: string[] = [];
  readonly alive = new Set<number>();
  readonly asides: Uint8Array[] = [];
  stored: { content: Uint8Array; mtimeNs: bigint; inode: bigint } | undefined;
  lockFile: LockFile | undefined;
  takeOver: "taken" | "busy" | "changed" = "taken";
  async = false;
  cipher = false;
  lockPath = `/virtual/${Math.random()}.lockfile`;
  #inodes = 100n;
  readonly #effects = new Map<string, Effect[]>();

  on(name: string, ...effects: Effect[]): this {
    this.#effects.set(name, [...(this.#effects.get(name) ?? []), ...effects]);
    return this;
  }

  store(content: string | Uint8Array, ageMs = 0): void {
    const bytes = typeof content === "string" ? utf8(content) : content;
    this.stored = { content: bytes, mtimeNs: BigInt(this.now - ageMs) * 1_000_000n, inode: this.#inodes++ };
  }

  heldBy(content: string, ageMs: number): void {
    this.lockFile = { inode: this.#inodes++, content, mtimeMs: this.now - ageMs, mine: false };
  }

  /** The lock file goes away, whoever's it is. */
  vanish(): void {
    this.lockFile = undefined;
  }

  session(options: SessionLimits = {}): CoreSession {
    return new CoreSession(coreModule, this.capabilities(), options);
  }

  calls(): string {
    return this.trace.splice(0).join(" ");
  }

  text(): string | undefined {
    return text(this.stored && this.#plain(this.stored.content));
  }

  #do<T>(name: string, result: () => T): Awaitable<T> {
    this.trace.push(name);
    const run = () => {
      this.#effects.get(name)?.shift()?.();
      return result();
    };
    return this.async ? Promise.resolve().then(run) : run();
  }

  #version(): StoreVersion | undefined {
    const { stored } = this;
    return stored && { mtimeNs: stored.mtimeNs, size: BigInt(stored.content.length), inode: stored.inode };
  }

  #inspection(): LockInspection | undefined {
    const { lockFile } = this;
    return (
      lockFile && {
        inode: lockFile.inode,
        size: lockFile.content.length,
        mtimeMs: lockFile.mtimeMs,
        leaseMtimeMs: lockFile.leaseMtimeMs,
        kernelLocked: lockFile.kernelLocked ?? false,
        content: utf8(lockFile.content),
      }
    );
  }

  #take(): void {
    this.lockFile = { inode: this.#inodes++, content: "4242 me", mtimeMs: this.now, mine: true };
  }

  #plain(bytes: Uint8Array): Uint8Array {
    return this.cipher ? bytes.map((byte) => byte ^ 0x55) : bytes;
  }

  capabilities(): Capabilities {
    return {
      store: this.#store(),
      cipher: this.cipher ? this.#cipher() : undefined,
      lock: this.#lock(),
      clock: {
        now: () => this.now,
        sleep: (ms) => this.#pass(`sleep${ms}`, ms),
        random: () => 0.5,
      },
      log: (_level, code) => void this.logged.push(code),
    };
  }

  #store(): Store {
    return {
      location: "/virtual/cache",
      stat: () => this.#do("stat", () => this.#version()),
      read: () =>
        this.#do("read", () => this.stored && { version: this.#version()!, content: this.stored.content.slice() }),
      replace: (content) =>
        this.#do("replace", () => {
          this.store(content.slice());
          return this.#version()!;
        }),
      settle: () => undefined,
      remove: () =>
        this.#do("remove", () => {
          const there = this.stored !== undefined;
          this.stored = undefined;
          return there;
        }),
      setAside: () => this.#do("setAside", () => `aside-${this.asides.push(this.stored!.content)}`),
      watch: () => () => {},
    };
  }

  #cipher(): Cipher {
    return {
      protect: (content) => this.#do("protect", () => this.#plain(content)),
      unprotect: (content) => this.#do("unprotect", () => this.#plain(content)),
    };
  }

  #lock(): Lock {
    const mine = () => this.lockFile?.mine ?? false;
    return {
      path: this.lockPath,
      kind: "K",
      hasFolder: () => true,
      create: () =>
        this.#do("create", () => {
          if (this.lockFile) return false;
          this.#take();
          return true;
        }),
      inspect: () => this.#do("inspect", () => this.#inspection()),
      takeOver: () =>
        this.#do("takeOver", () => {
          if (this.takeOver === "taken") this.#take();
          return this.takeOver;
        }),
      check: () => this.#do("check", mine),
      touch: () => this.#do("touch", mine),
      release: () =>
        this.#do("release", () => {
          if (mine()) this.lockFile = undefined;
        }),
      wait: (ms) => this.#pass("wait", ms),
      processAlive: (pid) => this.#do("alive?", () => this.alive.has(pid)),
    };
  }

  #pass(name: string, ms: number): Awaitable<void> {
    this.now += ms;
    return this.#do(name, () => undefined);
  }
}

/** An error as the operating system gives it. */
export function errno(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: refused`), { code });
  };
}
