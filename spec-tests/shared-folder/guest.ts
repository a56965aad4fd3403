// In the virtual machine:
//
//   guest.js <assignment>
//
// A server, two machines that it lends a folder to, and processes on both that commit to one cache there; or this machine
// and the one that runs it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Promised } from "../writers/promised.ts";
import { type Assignment, BEGIN, CACHE, type Case, FINDING, type Finding, LENT_BY_HOST } from "./assignment.ts";
import { type Client, MOUNTED } from "./client.ts";
import { Company } from "./company.ts";
import { emptyFolder } from "./empty-folder.ts";
import { guestClient } from "./guest-client.ts";
import { Machine } from "./machine.ts";
import { LENT, startServer } from "./server.ts";

const { modules, cases, commits } = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Assignment;

async function run({ mount, program, company }: Case, clients: readonly Client[]): Promise<Finding> {
  const began = performance.now();
  const all = new Company(join(MOUNTED, CACHE));
  for (const client of clients) client.mount(mount);
  const both = clients.flatMap((client, n) => [
    all.join({ client, program, prefix: `one${n}`, commits }),
    all.join({ client, program: company, prefix: `other${n}`, commits }),
  ]);
  const killed = { client: clients[0]!, program: company, prefix: "killed", commits, isKilled: true };
  await Promise.all([...both, all.join(killed)]);
  for (const client of clients) client.unmount();
  return { seconds: Math.round((performance.now() - began) / 1000), faults: all.faults, told: all.told };
}

/** What the processes have said, held against what the server has. */
function judged({ told, faults, ...rest }: Finding): Finding {
  const promised = new Promised();
  promised.take(told);
  const found = { ...rest, told, faults: [...faults, ...promised.faultsOf(join(LENT, CACHE))] };
  emptyFolder(LENT);
  return found;
}

startServer(modules);
const machines = [await Machine.start("one", 2), await Machine.start("two", 3)];
for (const one of cases) {
  console.log(BEGIN);
  const finding = one.mount === LENT_BY_HOST ? await run(one, [guestClient]) : judged(await run(one, machines));
  console.log(FINDING + JSON.stringify(finding));
}
process.exit(0);
