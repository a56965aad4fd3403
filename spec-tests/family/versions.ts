import { sha256 } from "../authority/index.ts";
import type { FileOperation } from "./file-trace.ts";

/** A state of the file at one path. */
interface Version<Writer> {
  /** Who brought it about. */
  readonly writer: Writer;
  readonly operation: FileOperation;
  /** SHA-256 of every whole secret in it. */
  readonly secrets: ReadonlySet<string>;
}

/** Who made a secret disappear: the first of them, or one of the others, who changed the file at the same moment. */
export type Drop<Writer> = ReadonlyArray<{
  readonly writer: Writer;
  readonly excuse?: Excuse<Writer>;
}>;

/** What somebody else had done to its lock, or beside it. */
interface Excuse<Writer> {
  readonly writer: Writer;
  readonly did: "removed the lock file" | "wrote beside the holder";
}

/** From taking the lock that goes with the file to giving it back, or to its removal by somebody else. */
interface Tenure<Writer> {
  readonly writer: Writer;
  readonly from: number;
  until: number;
  removedBy: Writer | undefined;
}

/** What a writer did. */
type Deed<Writer> = Pick<Version<Writer>, "writer" | "operation">;

/** A file, whatever names it has. */
class TracedFile<Writer> {
  content = "";
  /** The number of the version in which another file had got its name. */
  displacedIn: number | undefined;
  /** When it had certainly got the name that it was renamed to. */
  namedAt = Number.NEGATIVE_INFINITY;
  /** What was written into it since, by the secret. */
  readonly late = new Map<string, Deed<Writer>>();

  write(bytes: string, position: number, deed: Deed<Writer>): void {
    const before = this.content.slice(0, position).padEnd(position, "\0");
    this.content = before + bytes + this.content.slice(position + bytes.length);
    if (this.displacedIn !== undefined) for (const secret of secretsIn(this.content)) this.late.set(secret, deed);
  }

  cut(length: number): void {
    this.content = this.content.slice(0, length).padEnd(length, "\0");
  }
}

interface OpenFile<Writer> {
  file: TracedFile<Writer>;
  position: number;
  readonly path: string;
  /** What opening it cut off. */
  readonly truncated: string | undefined;
}

/** Replays what several processes did to the files of a folder, and keeps every state of one of them. */
export class Versions<Writer> {
  readonly #path: string;
  readonly #folder: string;
  readonly #all: Version<Writer>[] = [];
  readonly #names = new Map<string, TracedFile<Writer>>();
  readonly #open = new Map<string, OpenFile<Writer>>();
  readonly #displaced: TracedFile<Writer>[] = [];
  readonly #tenures: Tenure<Writer>[] = [];
  #shown: { readonly file: TracedFile<Writer>; readonly content: string } | undefined;

  constructor(path: string, traces: ReadonlyMap<Writer, readonly FileOperation[]>) {
    this.#path = path;
    this.#folder = path.slice(0, path.lastIndexOf("/") + 1);
    const all = [...traces].flatMap(([writer, trace]) => trace.map((operation) => ({ writer, operation })));
    all.sort((a, b) => a.operation.ended - b.operation.ended);
    for (const { writer, operation } of all) {
      this.#perform(writer, operation);
      this.#noteTenure(writer, operation);
      this.#noteVersion(writer, operation);
    }
  }

  get count(): number {
    return this.#all.length;
  }

  /** What the file holds in the end; to be compared with the real one. */
  get content(): string | undefined {
    return this.#names.get(this.#path)?.content;
  }

  /**
   * Whoever made the first version without a secret that the file does not hold in the end.
   * `undefined`: nobody was seen to write it.
   */
  dropOf(secret: string): Drop<Writer> | undefined {
    const last = this.#all.findLastIndex(({ secrets }) => secrets.has(secret));
    if (last === -1) {
      const file = this.#displaced.find(({ late }) => late.has(secret));
      return file && this.#drop(secret, this.#all[file.displacedIn!]!, file.late.get(secret));
    }
    const before = this.#all.findLastIndex(({ secrets }, n) => n < last && !secrets.has(secret));
    return this.#drop(secret, this.#all[last + 1]!, this.#all[before + 1]!);
  }

  #drop(secret: string, dropping: Version<Writer>, putting?: Deed<Writer>): Drop<Writer> {
    const { began, ended } = dropping.operation;
    const atOnce = this.#all.filter(
      ({ writer, operation, secrets }) =>
        writer !== dropping.writer && operation.began < ended && began < operation.ended && !secrets.has(secret),
    );
    const suspect = ({ writer }: Deed<Writer>, excuse: Excuse<Writer> | undefined) => ({
      writer,
      ...(excuse && { excuse }),
    });
    return [
      suspect(dropping, this.#excuse(dropping, putting)),
      ...atOnce.map((other) => suspect(other, this.#excuse(other, dropping) ?? this.#excuse(other, putting))),
    ];
  }

  /** @param beside what another one did to the file, perhaps while this one held the lock */
  #excuse({ writer, operation }: Deed<Writer>, beside: Deed<Writer> | undefined): Excuse<Writer> | undefined {
    const tenure = this.#tenures.findLast((one) => one.writer === writer && one.from < operation.ended);
    if (tenure === undefined) return undefined;
    if (tenure.removedBy !== undefined && tenure.until < operation.ended)
      return { writer: tenure.removedBy, did: "removed the lock file" };
    if (beside === undefined || beside.writer === writer) return undefined;
    if (beside.operation.ended < tenure.from || tenure.until < operation.ended) return undefined;
    return this.#excuse(beside, undefined) ?? { writer: beside.writer, did: "wrote beside the holder" };
  }

  #perform(writer: Writer, operation: FileOperation): void {
    switch (operation.call) {
      case "open":
        this.#opened(writer, operation);
        break;
      case "write":
        this.#written(this.#opening(writer, operation.descriptor), writer, operation);
        break;
      case "truncate":
        this.#opening(writer, operation.descriptor)?.file.cut(operation.length);
        break;
      case "rename":
      case "link":
        if (operation.to.startsWith(this.#folder)) this.#named(operation);
        break;
      case "unlink":
        this.#names.delete(operation.path);
    }
  }

  #opening(writer: Writer, descriptor: number): OpenFile<Writer> | undefined {
    return this.#open.get(`${writer} ${descriptor}`);
  }

  /** That a descriptor is closed shows when its number is given to something else. */
  #opened(writer: Writer, { path, descriptor, truncates }: FileOperation & { readonly call: "open" }): void {
    if (!path.startsWith(this.#folder)) {
      this.#open.delete(`${writer} ${descriptor}`);
      return;
    }
    const file = this.#names.get(path) ?? new TracedFile<Writer>();
    this.#names.set(path, file);
    const truncated = truncates ? file.content : undefined;
    if (truncates) file.cut(0);
    this.#open.set(`${writer} ${descriptor}`, { file, position: 0, path, truncated });
  }

  #written(
    open: OpenFile<Writer> | undefined,
    writer: Writer,
    operation: FileOperation & { readonly call: "write" },
  ): void {
    if (open === undefined || operation.path !== open.path) return;
    if (open.path === this.#path) this.#correct(open, operation);
    const { bytes, position } = operation;
    open.file.write(bytes, position ?? open.position, { writer, operation });
    if (position === undefined) open.position += bytes.length;
  }

  /**
   * Where one opened the file while another gave its name to a new one, times do not tell which came first. Whether the
   * file that is written to still has its name does, when the writing begins: its name may be taken before it ends.
   */
  #correct(open: OpenFile<Writer>, { isNameless, began }: FileOperation & { readonly call: "write" }): void {
    const current = this.#names.get(this.#path);
    if (isNameless && open.file === current) {
      if (open.truncated !== undefined) current.content = open.truncated;
      open.file = new TracedFile();
      open.file.displacedIn = this.#all.findLastIndex(({ operation }) => operation.call === "rename");
      this.#displaced.push(open.file);
    } else if (!isNameless && current !== undefined && open.file !== current && current.namedAt < began) {
      open.file = current;
      if (open.truncated !== undefined) current.cut(0);
    }
  }

  #named({ call, path, to, ended }: FileOperation & { readonly call: "rename" | "link" }): void {
    const file = this.#names.get(path);
    if (file === undefined) throw new Error(`Nobody was seen to make ${path}`);
    const displaced = this.#names.get(to);
    if (displaced !== undefined && to === this.#path) {
      displaced.displacedIn = this.#all.length;
      this.#displaced.push(displaced);
    }
    this.#names.set(to, file);
    file.namedAt = ended;
    if (call === "rename") this.#names.delete(path);
  }

  /**
   * Ours take the lock by giving a locked file its name, or by writing into one that was left behind; and
   * remove it before they unlock it.
   */
  #noteTenure(writer: Writer, operation: FileOperation): void {
    const lockFile = `${this.#path}.lockfile`;
    if (operation.call === "unlink" && operation.path === lockFile) {
      for (const tenure of this.#tenures.filter(({ until }) => until === Number.POSITIVE_INFINITY)) {
        tenure.until = operation.ended;
        if (tenure.writer !== writer) tenure.removedBy = writer;
      }
      return;
    }
    const isNamed = operation.call === "link" && operation.to === lockFile;
    const isWritten = operation.call === "write" && operation.path === lockFile && !operation.isNameless;
    if (isNamed || isWritten)
      this.#tenures.push({ writer, from: operation.ended, until: Number.POSITIVE_INFINITY, removedBy: undefined });
  }

  #noteVersion(writer: Writer, operation: FileOperation): void {
    const file = this.#names.get(this.#path);
    if (file === this.#shown?.file && file?.content === this.#shown?.content) return;
    this.#shown = file && { file, content: file.content };
    this.#all.push({ writer, operation, secrets: secretsIn(file?.content ?? "") });
  }
}

/** Of a document that may be torn. */
function secretsIn(content: string): Set<string> {
  return new Set([...content.matchAll(/"secret"\s*:\s*"([^"]+)"/g)].map(([, secret]) => sha256(secret!)));
}
