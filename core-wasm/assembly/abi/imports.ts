// The host interface, imports (docs/host-interface.md). Nothing here decides anything. An import that takes an
// operation id answers through the exported `complete`, before it returns or later. They share one signature, arguments
// that a call has no use for being 0: a runtime compiles a wrapper for each signature when the module is compiled and
// linked (measured on Node 20: six signatures instead of three cost a fresh process 0.2 to 0.3 ms).

// @ts-ignore: decorator
@external("store", "stat")
export declare function storeStat(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("store", "read")
export declare function storeRead(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("store", "replace")
export declare function storeReplace(op: u32, pointer: usize, length: usize): void;
// @ts-ignore: decorator
@external("store", "remove")
export declare function storeRemove(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("store", "set_aside")
export declare function storeSetAside(op: u32, first: usize, second: usize): void;

// @ts-ignore: decorator
@external("cipher", "protect")
export declare function cipherProtect(op: u32, pointer: usize, length: usize): void;
// @ts-ignore: decorator
@external("cipher", "unprotect")
export declare function cipherUnprotect(op: u32, pointer: usize, length: usize): void;

// @ts-ignore: decorator
@external("lock", "create")
export declare function lockCreate(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("lock", "inspect")
export declare function lockInspect(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("lock", "take_over")
export declare function lockTakeOver(op: u32, pointer: usize, length: usize): void;
// @ts-ignore: decorator
@external("lock", "check")
export declare function lockCheck(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("lock", "touch")
export declare function lockTouch(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("lock", "release")
export declare function lockRelease(op: u32, first: usize, second: usize): void;
// @ts-ignore: decorator
@external("lock", "wait")
export declare function lockWait(op: u32, microseconds: u32, second: usize): void;
// @ts-ignore: decorator
@external("lock", "process_alive")
export declare function lockProcessAlive(op: u32, pid: u32, second: usize): void;

// @ts-ignore: decorator
@external("clock", "sleep")
export declare function clockSleep(op: u32, microseconds: u32, second: usize): void;
// @ts-ignore: decorator
@external("clock", "now")
export declare function clockNow(): f64;
// @ts-ignore: decorator
@external("clock", "random")
export declare function clockRandom(): f64;

// @ts-ignore: decorator
@external("session", "edit")
export declare function sessionEdit(op: u32, pointer: usize, length: usize): void;

// @ts-ignore: decorator
@external("log", "write")
export declare function logWrite(level: u32, code: u32, pointer: usize, length: usize): void;
