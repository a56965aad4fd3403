import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * One system call of a process that changes files, in the order in which they took effect.
 * Bytes are characters 0 to 255.
 */
export type FileOperation = {
  /** Seconds. It took effect in between. */
  readonly began: number;
  readonly ended: number;
} & (
  | { readonly call: "open"; readonly path: string; readonly descriptor: number; readonly truncates: boolean }
  | {
      readonly call: "write";
      readonly descriptor: number;
      readonly bytes: string;
      readonly position: number | undefined;
      /** Of what the kernel says the descriptor is: its number may have been given to something else. */
      readonly path: string;
      /** The file has no name any more, says the kernel. */
      readonly isNameless: boolean;
    }
  | { readonly call: "truncate"; readonly descriptor: number; readonly length: number }
  | { readonly call: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly call: "unlink"; readonly path: string }
);

const CALLS =
  "open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat";

export function canTrace(): boolean {
  try {
    execFileSync("strace", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * What is put before a command so that all it does to files is written to `log`. Only the
 * calls of interest are stopped.
 */
export const tracing = (log: string): readonly string[] => [
  ...[
    "strace",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-y",
    "-o",
    log,
    "-s",
    String(2 ** 26),
    "-e",
    `trace=${CALLS}`,
    "-e",
    "signal=none",
  ],
  ...["--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns"],
];

/** What a process has done, from its log. Calls that failed changed nothing. */
export async function readTrace(log: string): Promise<FileOperation[]> {
  const unfinished = new Map<string, { began: number; text: string }>();
  const operations: FileOperation[] = [];
  for (const line of (await readFile(log, "latin1")).split("\n")) {
    const [, thread = "", time = "", text = ""] = /^(\d+) +([\d.]+) (.*)$/.exec(line) ?? [];
    // Exits, signals, threads that were killed in a call.
    if (/^(\+\+\+|---|\?\?\?|<\.\.\. \?\?\? resumed>|$)/.test(text)) continue;
    const begun = unfinished.get(thread);
    if (text.endsWith(" <unfinished ...>")) {
      unfinished.set(thread, { began: Number(time), text: text.slice(0, -" <unfinished ...>".length) });
    } else if (begun !== undefined && text.startsWith("<... ")) {
      unfinished.delete(thread);
      const whole = begun.text + text.slice(text.indexOf(" resumed>") + " resumed>".length);
      operations.push(...operationOf(whole, begun.began, Number(time)));
    } else operations.push(...operationOf(text, Number(time)));
  }
  return operations;
}

function operationOf(text: string, began: number, resumed?: number): FileOperation[] {
  const [, call = "", given = "", result = "", duration = "0"] =
    /^(\w+)\((.*)\) += (-?\d+|\?).*?(?: <([\d.]+)>)?$/s.exec(text) ?? [];
  if (call === "") throw new Error(`Not a line of strace's: ${text.slice(0, 200)}`);
  if (result === "?" || result.startsWith("-")) return [];
  const times = { began, ended: resumed ?? began + Number(duration) };
  const strings = [...given.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/g)].map(([, escaped, isCut]) => {
    if (isCut) throw new Error("strace has cut a string");
    return unescaped(escaped!);
  });
  return changeOf(call, given, Number(result), strings).map((change) => ({ ...times, ...change }));
}

type Change = FileOperation extends infer O ? (O extends FileOperation ? Omit<O, "began" | "ended"> : never) : never;

function changeOf(call: string, given: string, result: number, strings: readonly string[]): Change[] {
  const [first = "", second = ""] = strings;
  const descriptor = Number.parseInt(given, 10);
  const [, path = "", deleted] = /^\d+<([^>]*)>(\(deleted\))?/.exec(given) ?? [];
  const written = { descriptor, bytes: strings.join("").slice(0, result), path, isNameless: deleted !== undefined };
  const lastNumber = Number(/(\d+)$/.exec(given)?.[1]);
  switch (call) {
    case "open":
    case "openat":
      return [{ call: "open", path: first, descriptor: result, truncates: given.includes("O_TRUNC") }];
    case "creat":
      return [{ call: "open", path: first, descriptor: result, truncates: true }];
    case "write":
    case "writev":
      return [{ call: "write", ...written, position: undefined }];
    case "pwrite64":
    case "pwritev":
      return [{ call: "write", ...written, position: lastNumber }];
    case "ftruncate":
      return [{ call: "truncate", descriptor, length: lastNumber }];
    case "rename":
    case "renameat":
    case "renameat2":
      return [{ call: "rename", path: first, to: second }];
    case "link":
    case "linkat":
      return [{ call: "link", path: first, to: second }];
    case "unlink":
    case "unlinkat":
      return [{ call: "unlink", path: first }];
  }
  throw new Error(`${call} is not expected on these files`);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", v: "\v", f: "\f" };

/** As in C, with octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{1,3}|.)/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}
