import { afterEach, beforeEach, expect, test } from "vitest";
import { CacheMerger } from "../../hosts/shared/core/cache-merger.ts";
import { CoreSession } from "../../hosts/shared/core/core-session.ts";
import { createJweCipher } from "../../hosts/shared/encryption/ciphers/jwe-cipher.ts";
import { suppliedKey } from "../../hosts/shared/encryption/keys/supplied-key.ts";
import { coreModule, document, errno, text, utf8, World } from "./world.ts";

const SECRET = "s3cr3t-refresh-token-value";
const secretDocument = (key: string) => document({ [key]: { secret: SECRET } });

/** Every memory that an instance has had since the test began. */
let memories: Array<{ readonly buffer: ArrayBuffer }> = [];
const { Instance } = WebAssembly;

beforeEach(() => {
  memories = [];
  const captured = function (this: unknown, ...values: ConstructorParameters<typeof Instance>) {
    const instance = new Instance(...values);
    memories.push(instance.exports.memory as { buffer: ArrayBuffer });
    return instance;
  };
  Object.assign(WebAssembly, { Instance: captured });
});

afterEach(() => void Object.assign(WebAssembly, { Instance }));

const KEY = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
/** No key of the cipher is ever there at all. */
const holdsKey = () => memories.some(({ buffer }) => Buffer.from(buffer).includes(Buffer.from(KEY)));
const holdsSecret = () => memories.some(({ buffer }) => Buffer.from(buffer).includes(SECRET));
const size = () => memories[0]!.buffer.byteLength;

test.each(["plain", "encrypted"])("no operation leaves a secret in the core's memory: %s cache", async (kind) => {
  const world = new World();
  const cipher = kind === "encrypted" ? createJweCipher(suppliedKey(KEY)) : undefined;
  const session = new CoreSession(coreModule, { ...world.capabilities(), cipher });
  const store = async (content: string) => {
    world.store(cipher ? await cipher.protect(utf8(content)) : content, 5000);
  };
  const attempts: Array<() => Promise<unknown>> = [
    () => session.load(),
    () => session.commit(undefined, utf8(secretDocument("b"))),
    () => session.update((current) => current!),
    () => session.update(errno("EIO")),
    () => session.commit(undefined, utf8(`{"x":"${SECRET}`)),
    () => world.on("replace", errno("ENOSPC")) && session.commit(undefined, utf8(secretDocument("c"))),
    async () => {
      await store(secretDocument("a").slice(0, -1));
      return session.load();
    },
    () => world.on("check", () => world.vanish()) && session.commit(undefined, utf8(secretDocument("d"))),
    async () => {
      await store(secretDocument("e"));
      world.store(world.stored!.content.subarray(0, -1), 5000);
      return session.load();
    },
    () => session.commit(undefined, utf8(secretDocument("f"))),
    () => {
      world.heldBy("", 0);
      return session.clear();
    },
  ];
  await store(secretDocument("a"));
  const outcomes: string[] = [];
  for (const attempt of attempts) {
    outcomes.push(
      await attempt().then(
        () => "done",
        (error: { code: string }) => error.code,
      ),
    );
    expect(holdsSecret()).toBe(false);
    expect(holdsKey()).toBe(false);
    world.lockFile = undefined;
  }
  const before = ["done", "done", "done", "callback_failed", "json_unexpected_end", "disk_full", "done", "done"];
  const cut = cipher ? "unprotect_failed" : "done"; // What is plain is salvaged.
  expect(outcomes).toEqual([...before, cut, cut, "done"]);
  expect(memories).toHaveLength(1);
});

test("a stored cache that is encrypted holds no secret", async () => {
  const world = new World();
  const session = new CoreSession(coreModule, {
    ...world.capabilities(),
    cipher: createJweCipher(suppliedKey(KEY)),
  });
  await session.commit(undefined, utf8(secretDocument("a")));
  expect(text(world.stored!.content)).not.toContain(SECRET);
  expect(text((await session.load()).content!)).toContain(SECRET);
});

test("nor does the pure part", () => {
  const merger = new CacheMerger(coreModule);
  const content = utf8(secretDocument("a"));
  merger.merge(undefined, content, utf8(secretDocument("b")));
  const large = (key: string) => utf8(document({ [key]: { secret: SECRET, padding: "x".repeat(100_000) }, last: {} }));
  merger.merge(large("a"), large("b"), large("a"));
  expect(() => merger.merge(large("a"), large("b"), large("a").subarray(1))).toThrow();
  expect(() => merger.merge(large("a"), large("b").subarray(1), large("a"))).toThrow();
  merger.salvage(content.subarray(0, content.length - 2));
  merger.inspect(content, 0);
  expect(() => merger.merge(undefined, utf8(`{"${SECRET}`), content)).toThrow();
  expect(holdsSecret()).toBe(false);
});

test("memory after ten thousand commits is what it was after ten", async () => {
  const world = new World();
  const session = world.session();
  let content: Uint8Array | undefined;
  let afterTen = 0;
  for (let i = 0; i < 10_000; i++) {
    const ours = utf8(document({ a: { v: i % 7, padding: "x".repeat(500) } }));
    content = (await session.commit(content, ours, true)).content;
    world.trace.length = 0;
    if (i === 9) afterTen = size();
  }
  expect(size()).toBe(afterTen);
}, 60_000);

test("a fault of the core: the lock is released, the next operation gets a fresh instance", async () => {
  const world = new World();
  world.store(secretDocument("a"), 5000);
  const fault = new WebAssembly.RuntimeError("unreachable");
  let faulty = true;
  const capabilities = world.capabilities();
  const { now } = capabilities.clock;
  const clock = {
    ...capabilities.clock,
    now: () => {
      if (faulty && world.trace.includes("check")) throw fault;
      return now();
    },
  };
  const { CoreSession } = await import("../../hosts/shared/core/core-session.ts");
  const session = new CoreSession(coreModule, { ...capabilities, clock });
  const commit = session.commit(undefined, utf8(secretDocument("b")));
  await expect(commit).rejects.toMatchObject({ code: "core_trap", cause: fault });
  expect(world.lockFile).toBeUndefined();
  expect(holdsSecret()).toBe(false);
  faulty = false;
  expect(text((await session.commit(undefined, utf8(secretDocument("b")))).content)).toContain('"b"');
  expect(memories).toHaveLength(2);
});

test("no addresses left for an instance: a typed error, and the next operation tries again", async () => {
  const cause = new RangeError("Out of memory: Cannot allocate Wasm memory for new instance");
  const captured = WebAssembly.Instance;
  function refuse() {
    throw cause;
  }
  const session = new CoreSession(coreModule, new World().capabilities());
  const merger = new CacheMerger(coreModule);
  const inspect = () => merger.inspect(utf8(secretDocument("a")), 0);
  Object.assign(WebAssembly, { Instance: refuse });
  await expect(session.commit(undefined, utf8(secretDocument("a")))).rejects.toMatchObject({
    code: "out_of_memory",
    cause,
  });
  expect(inspect).toThrow(expect.objectContaining({ code: "out_of_memory", cause }));
  Object.assign(WebAssembly, { Instance: captured });
  expect(text((await session.commit(undefined, utf8(secretDocument("a")))).content)).toContain('"a"');
  expect(inspect()).toHaveProperty("accounts");
});
