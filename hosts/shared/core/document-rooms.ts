/** Memory of its own that holds a document, or zeros only. */
interface Room {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the bytes: asking a view for it takes its time. */
  readonly buffer: ArrayBuffer;
  /** Length of the document; 0: the room is free. */
  used: number;
}

/**
 * Free rooms that are kept: a change of MSAL's memory needs three, for what was, for what is, and for what comes of it.
 */
const SPARE = 3;
const PAGE = 4096;
/** A room that a document fills to less than this share is not kept: the cache has become smaller. */
const MIN_SHARE = 1 / 4;
/** Below, a room is kept whatever it holds. */
const SMALL = 16 * PAGE;

const encoder = new TextEncoder();

/**
 * Memory for documents that is used again. New memory comes page by page, each a fault of the processor, and what held
 * the tokens of an older document keeps them until it is new memory to somebody else. Here whoever takes rooms says
 * what it still needs; everything else is filled with zeros and free for what comes next (measured:
 * docs/measurements.md, "Merge speed").
 */
export class DocumentRooms {
  #rooms: Room[] = [];

  /** Room for so many bytes, all of which the caller writes; no document that was kept lies in it. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const room = this.#free(length) ?? this.#make(length);
    room.used = length;
    return room.bytes.subarray(0, length);
  }

  /** The text as UTF-8, in a room as long as it is mostly ASCII. */
  encode(text: string): Uint8Array {
    const room = this.take(text.length + (text.length >>> 4));
    const { read, written } = encoder.encodeInto(text, room);
    return read === text.length ? room.subarray(0, written) : encoder.encode(text);
  }

  /** What lies in rooms is needed no longer, but these (they may lie anywhere). */
  keepOnly(...documents: ReadonlyArray<Uint8Array | undefined>): void {
    let spare = 0;
    let kept = 0;
    for (const room of this.#rooms) {
      const isHeld = holdsAny(room, documents);
      if (isHeld || (clear(room) && ++spare <= SPARE)) this.#rooms[kept++] = room;
    }
    if (kept < this.#rooms.length) this.#rooms.length = kept;
  }

  /** The smallest that is large enough: the others are for documents, not for the little that changes in one. */
  #free(length: number): Room | undefined {
    let found: Room | undefined;
    for (const room of this.#rooms) {
      const { used, bytes } = room;
      if (used === 0 && bytes.length >= length && bytes.length < (found?.bytes.length ?? Infinity)) found = room;
    }
    return found;
  }

  /** With some air for the next document to grow into. */
  #make(length: number): Room {
    const buffer = new ArrayBuffer(Math.ceil((length * 9) / 8 / PAGE + 1) * PAGE);
    const room = { bytes: new Uint8Array(buffer), buffer, used: 0 };
    const outgrown = this.#largestFree();
    if (outgrown === undefined) this.#rooms.push(room);
    else this.#rooms[this.#rooms.indexOf(outgrown)] = room;
    return room;
  }

  #largestFree(): Room | undefined {
    let found: Room | undefined;
    for (const room of this.#rooms) if (room.used === 0 && room.bytes.length > (found?.bytes.length ?? 0)) found = room;
    return found;
  }
}

function holdsAny(room: Room, documents: ReadonlyArray<Uint8Array | undefined>): boolean {
  for (const document of documents) if (document?.buffer === room.buffer) return true;
  return false;
}

/** False: the room is much too large for what it held. */
function clear(room: Room): boolean {
  const { bytes, used } = room;
  room.used = 0;
  if (used !== 0) bytes.fill(0, 0, used);
  return used === 0 || bytes.length <= SMALL || used >= bytes.length * MIN_SHARE;
}
