/**
 * What is given as bytes; `undefined` where it is none. Those of another realm (`node:vm`, in which Node-RED's functions
 * run; jsdom) are of another class, which neither we nor jose know: they become ours, without a copy.
 */
export function asBytes(given: unknown): Uint8Array | undefined {
  if (given instanceof Uint8Array) return given;
  const isBytes = ArrayBuffer.isView(given) && Object.prototype.toString.call(given) === "[object Uint8Array]";
  return isBytes ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength) : undefined;
}
