// The only allocator. One operation fills it from the bottom, `resetArena` empties it and fills what was used with
// zeros: tokens do not outlive the operation that needed them. Nothing in the core uses the managed heap (the build
// runs with --runtime stub and fails on any managed allocation, see tools/build.mjs).

const ALIGNMENT: usize = 16;
const PAGE: usize = 65536;

/** The slack that readers of whole blocks (64 bytes at most) may touch behind the last byte of a document. */
const READ_AHEAD: usize = 96;

/** Zero bytes kept free behind every allocation: a scanner stops at the first of them without comparing addresses. */
const GUARD: usize = 16;
/** No allocation ends behind this: addresses near it can be added to without wrapping around. */
const LAST: usize = 0xfff00000;

/**
 * How far the arena is filled, and how far it was since its last reset, counted from where the heap begins. As
 * addresses they would have to be set by a start function, for which V8 compiles an adapter at each instantiation (80
 * of 250 µs in a fresh process of Node 20).
 */
let used: usize = 0;
let peak: usize = 0;

/**
 * Memory could not grow since `expectMemory`. Who only compares, or looks something up,
 * cannot say so, and has answered no.
 */
export let hasRunOut: bool = false;

export function expectMemory(): void {
  hasRunOut = false;
}

// @ts-ignore: decorator
@inline
function top(): usize {
  return __heap_base + used;
}

// @ts-ignore: decorator
@inline
function alignUp(address: usize): usize {
  return (address + (ALIGNMENT - 1)) & ~(ALIGNMENT - 1);
}

/** Room for `length` bytes, zero-filled; 0 when memory cannot grow. */
export function allocate(length: usize): usize {
  const start = alignUp(top());
  const end = start + length;
  return end >= start && extend(end) ? start : 0;
}

/** Makes the allocation that was made last reach to `end`. False when memory cannot grow. */
export function extend(end: usize): bool {
  if (end > LAST) return false;
  end += GUARD;
  if (end <= top()) return true;
  const available = (<usize>memory.size()) << 16;
  if (end + READ_AHEAD > available && !growTo(end + READ_AHEAD, available)) return false;
  used = end - __heap_base;
  if (used > peak) peak = used;
  return true;
}

// @ts-ignore: decorator
@cold
function growTo(needed: usize, available: usize): bool {
  const missing = <i32>((needed - available + PAGE - 1) >> 16);
  if (memory.grow(missing) != -1) return true;
  hasRunOut = true;
  return false;
}

/** Remembers where the arena stands; hand it to `releaseTo` to give back what was allocated since. */
// @ts-ignore: decorator
@inline
export function mark(): usize {
  return top();
}

export function releaseTo(position: usize): void {
  if (top() != position) memory.fill(position, 0, top() - position);
  used = position - __heap_base;
}

export function resetArena(): void {
  const start = alignUp(__heap_base);
  memory.fill(start, 0, __heap_base + peak - start + READ_AHEAD);
  used = start - __heap_base;
  peak = used;
}

/** Does [pointer, pointer + length) lie in what this operation has allocated? Guards everything a host hands in. */
export function isAllocated(pointer: usize, length: usize): bool {
  return pointer >= __heap_base && pointer <= top() && length <= top() - pointer;
}
