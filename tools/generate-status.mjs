// Generates the status tables of the core, of the hosts and of the embeddings from core-wasm/errors.json. With --check
// nothing is written and a stale file is an error.
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const table = JSON.parse(readFileSync(new URL("core-wasm/errors.json", root), "utf8"));
const header = "// Generated from core-wasm/errors.json by tools/generate-status.mjs. Do not edit.\n";
const upper = (name) => name.toUpperCase();

const assembly = `${header}
export const ABI_VERSION: u32 = ${table.abiVersion};
${[...table.codes, ...table.events].map(({ name, code }) => `export const ${upper(name)}: u32 = ${code};`).join("\n")}
`;

const hosts = `${header}
/** The version of the host interface this package was built for. */
export const ABI_VERSION = ${table.abiVersion};

/** Every status by name. */
export const STATUS = {
${table.codes.map(({ name, code }) => `  ${name}: ${code},`).join("\n")}
} as const;

/** A stable code: what \`PersistenceError.code\` holds. */
export type StatusName = keyof typeof STATUS;

/** What each status means, for messages. */
export const STATUS_MESSAGE: Readonly<Record<StatusName, string>> = {
${table.codes.map(({ name, message }) => `  ${name}: ${JSON.stringify(message)},`).join("\n")}
};

/** What the core reports to the log, by number. */
export const EVENT_NAME: Readonly<Record<number, string>> = {
${table.events.map(({ name, code }) => `  ${code}: ${JSON.stringify(name)},`).join("\n")}
};
`;

const texts = (member) =>
  table.codes.map((entry) => `    case ${entry.code}:\n      return ${JSON.stringify(entry[member])};`).join("\n");

const wasi = `${header}
/** The stable code of a status. */
export function statusName(status: u32): string {
  switch (status) {
${texts("name")}
  }
  return "io_error";
}

/** What a status means, for people. ASCII. */
export function statusMessage(status: u32): string {
  switch (status) {
${texts("message")}
  }
  return "";
}
`;

const python = `${header.replace("//", "#")}
from typing import Literal

ABI_VERSION = ${table.abiVersion}

StatusName = Literal[
${table.codes.map(({ name }) => `    "${name}",`).join("\n")}
]
"""A stable code: what \`PersistenceError.code\` holds."""

STATUS: dict[StatusName, int] = {
${table.codes.map(({ name, code }) => `    "${name}": ${code},`).join("\n")}
}

STATUS_MESSAGE: dict[StatusName, str] = {
${table.codes.map(({ name, message }) => `    "${name}": ${JSON.stringify(message)},`).join("\n")}
}
`;

const rustName = (name) => name.replace(/(?:^|_)([a-z])/g, (_match, letter) => upper(letter));

const rust = `${header}
pub(crate) const ABI_VERSION: u32 = ${table.abiVersion};

/// What became of an operation. Stable: [\`Code::name\`] is the name that all languages share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
${table.codes.map(({ name, message }) => `    /// ${message}\n    ${rustName(name)},`).join("\n")}
}

pub(crate) const CODES: &[(Code, u32, &str, &str)] = &[
${table.codes.map(({ name, code, message }) => `    (\n        Code::${rustName(name)},\n        ${code},\n        "${name}",\n        ${JSON.stringify(message)},\n    ),`).join("\n")}
];
`;

/** `json_bad_utf8` → `CodeJSONBadUTF8`: Go spells initialisms in capitals. */
const goName = (name) =>
  ["code", ...name.split("_")]
    .map((word) => (["io", "json", "ok", "utf8"].includes(word) ? upper(word) : upper(word[0]) + word.slice(1)))
    .join("");

const go = `${header.replace("Generated", "Code generated").replace("Do not edit", "DO NOT EDIT")}
package tokencache

const abiVersion = ${table.abiVersion}
${table.codes.map(({ name, message }) => `\n// ${goName(name)}: ${message}\nconst ${goName(name)} Code = "${name}"\n`).join("")}
var statuses = [...]status{
${table.codes.map(({ name, code, message }) => `\t{${code}, ${goName(name)}, ${JSON.stringify(message)}},`).join("\n")}
}
`;

const java = `${header}package msalextensions;

/** What became of an operation: a stable code. */
public enum Code {
${table.codes.map(({ name, code, message }) => `    ${upper(name)}(${code}, ${JSON.stringify(message)})`).join(",\n")};

    static final int ABI_VERSION = ${table.abiVersion};

    final int status;
    final String message;

    Code(int status, String message) {
        this.status = status;
        this.message = message;
    }

    /** The name that all languages share: {@code lock_timeout}. */
    public String id() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static Code of(int status) {
        for (Code code : values()) if (code.status == status) return code;
        return IO_ERROR;
    }
}
`;

const outputs = [
  ["core-wasm/assembly/abi/status.ts", assembly],
  ["core-wasm/assembly/wasi/status-text.ts", wasi],
  ["hosts/shared/errors/status.ts", hosts],
  ["embed/python/src/msal_extensions_wasm/status.py", python],
  ["embed/rust/src/code.rs", rust],
  ["embed/go/codes.go", go],
  ["embed/java/src/main/java/msalextensions/Code.java", java],
];
for (const [path, text] of outputs) {
  const file = new URL(path, root);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${path} is stale: run node tools/generate-status.mjs`);
    process.exit(1);
  }
}
