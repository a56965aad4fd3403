// Who holds the lock, from what he wrote into it. The family's formats: `<pid> <argv0>` (Python), `<pid>` (Node),
// `<pid> <name>` (.NET, with a byte order mark; Java, with the host), `{<pid>} {<argv0>}` (Go).

const OPENING_BRACE: u32 = 0x7b;
const CLOSING_BRACE: u32 = 0x7d;

/** 0: no process is named (no system gives that number to a process that could hold a lock). */
export function holderPid(pointer: usize, length: usize): u32 {
  const end = pointer + length;
  pointer = skipPrefix(pointer, end);
  let pid: u64 = 0;
  while (pointer < end) {
    const digit = <u32>load<u8>(pointer) - 0x30;
    if (digit > 9) break;
    pid = pid * 10 + digit;
    if (pid > <u64>u32.MAX_VALUE) return 0;
    pointer += 1;
  }
  return pointer == end || endsNumber(load<u8>(pointer)) ? <u32>pid : 0;
}

function skipPrefix(pointer: usize, end: usize): usize {
  if (end - pointer >= 3 && load<u16>(pointer) == 0xbbef && load<u8>(pointer, 2) == 0xbf) pointer += 3;
  while (pointer < end && isSpace(load<u8>(pointer))) pointer += 1;
  if (pointer < end && load<u8>(pointer) == OPENING_BRACE) pointer += 1;
  return pointer;
}

function endsNumber(byte: u32): bool {
  return isSpace(byte) || byte == CLOSING_BRACE || byte == 0;
}

function isSpace(byte: u32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
