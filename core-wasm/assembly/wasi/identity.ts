// What is written into a lock file: `<pid> <program>`, as the whole family does. WASI
// knows neither, so an embedder says.

/** The longest line, in bytes. */
const LINE_MAX: usize = 200;

const LINE: usize = memory.data(200, 8);
let lineLength: usize = 0;

export let pid: u32 = 0;

export function linePointer(): usize {
  return LINE;
}

export function lengthOfLine(): usize {
  return lineLength;
}

/** White space and control characters become `_`: the line must stay one, and the number end where it ends. */
export function setIdentity(number: u32, name: usize, nameLength: usize): void {
  pid = number;
  lineLength = 0;
  putNumber(number);
  put(0x20);
  const room = LINE_MAX - lineLength;
  const kept = nameLength <= room ? nameLength : wholeCharacters(name, room);
  for (let at: usize = 0; at < kept; at++) {
    const byte = <u32>load<u8>(name + at);
    put(byte <= 0x20 || byte == 0x7f ? 0x5f : byte);
  }
}

export function forgetIdentity(): void {
  const name = "msal-cache";
  setIdentity(0, 0, 0);
  for (let index = 0; index < name.length; index++) put(load<u16>(changetype<usize>(name) + (<usize>index << 1)));
}

/** The most of `room` bytes that does not cut a UTF-8 sequence. */
function wholeCharacters(pointer: usize, room: usize): usize {
  while (room > 0 && (load<u8>(pointer + room) & 0xc0) == 0x80) room -= 1;
  return room;
}

function putNumber(value: u32): void {
  if (value >= 10) putNumber(value / 10);
  put(0x30 + (value % 10));
}

function put(byte: u32): void {
  store<u8>(LINE + lineLength++, <u8>byte);
}
