// npm run shared-folder -- [--commits N] [--only TEXT]: several machines with one cache, in a folder that one of them lends
// the others: by NFS, all three in a virtual machine, or by 9P to the virtual machine.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { compiled } from "../processes/child.ts";
import { fromRoot } from "../processes/commands.ts";
import { findPrograms } from "../writers/programs.ts";
import { type Assignment, BEGIN, type Case, FINDING, type Finding, LENT_BY_HOST } from "./assignment.ts";
import { emptyFolder } from "./empty-folder.ts";
import { Lender } from "./lender.ts";
import { qemu } from "./qemu.ts";
import type * as Setup from "./setup.d.mts";

const { values } = parseArgs({
  options: { commits: { type: "string", default: "15" }, only: { type: "string", default: "" } },
});

/** With `nolock` each machine keeps its kernel's locks to itself. */
const MOUNTS = ["vers=3", "vers=3,nolock", "vers=4.0", "vers=4.2", LENT_BY_HOST];

const SHOWN = 5;

const titleOf = ({ program, mount }: Case) => `${program.name}, ${mount}`;

async function findCases(): Promise<Case[]> {
  const programs = await findPrograms("locking");
  const company = programs.find(({ name }) => name === "node")!;
  const cases = MOUNTS.flatMap((mount) => programs.map((program): Case => ({ mount, program, company })));
  return cases.filter((one) => titleOf(one).includes(values.only));
}

function report(one: Case, { seconds, faults, told }: Finding): void {
  const isFine = (faults.length === 0) === (one.program.without === undefined);
  const commits = told.filter((line) => line.includes(" committed ")).length;
  console.log(
    `${isFine ? "ok" : "FAILED"}  ${titleOf(one)}: ${commits} commits, ${faults.length} faults, ${seconds} s`,
  );
  if (isFine) return;
  for (const fault of faults.slice(0, SHOWN)) console.log(`        ${fault}`);
  process.exitCode = 1;
}

/** What the virtual machine says, line by line. */
async function follow(lines: AsyncIterable<string>, cases: Case[], lent: string): Promise<void> {
  let lender: Lender | undefined;
  for await (const line of lines) {
    const at = line.indexOf(FINDING);
    if (line.trim() === BEGIN) {
      if (cases[0]!.mount === LENT_BY_HOST) lender = new Lender(lent, cases[0]!.company);
    } else if (at === -1) console.log(line);
    else {
      const finding = JSON.parse(line.slice(at + FINDING.length)) as Finding;
      report(cases.shift()!, (await lender?.judged(finding)) ?? finding);
      lender = undefined;
    }
  }
}

const setup = await fromRoot<typeof Setup>("spec-tests/shared-folder/setup.mjs");
const missing = process.platform === "linux" && process.getuid?.() === 0 ? setup.missing() : ["Linux, root"];
if (missing.length > 0) {
  console.error(`This needs, of Debian's packages and else: ${missing.join(", ")}.`);
  process.exit(2);
}
const { modules, assignment, lent, ...files } = await setup.build();
const cases = await findCases();
writeFileSync(assignment, JSON.stringify({ modules, cases, commits: Number(values.commits) } satisfies Assignment));
mkdirSync(lent, { recursive: true });
emptyFolder(lent);
const guest = [process.execPath, compiled("spec-tests/shared-folder/guest.js"), assignment];
const machine = spawn("qemu-system-x86_64", qemu({ ...files, lent }, guest), { stdio: ["ignore", "pipe", "inherit"] });
const ended = once(machine, "close");
await follow(createInterface({ input: machine.stdout }), cases, lent);
await ended;
if (cases.length > 0) {
  console.error(`The virtual machine has ended before ${cases.map(titleOf).join("; ")}.`);
  process.exitCode = 1;
}
