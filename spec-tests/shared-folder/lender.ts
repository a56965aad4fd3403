import { join } from "node:path";
import type { Program } from "../writers/programs.ts";
import { Promised } from "../writers/promised.ts";
import { CACHE, type Finding } from "./assignment.ts";
import { Company } from "./company.ts";
import { emptyFolder } from "./empty-folder.ts";
import { localProcesses } from "./local-processes.ts";

/** It is many times as fast as a machine that is emulated, so it goes on until that one has done, */
const COMMITS = 1_000_000;
/** and leaves it a chance: without a pause the lock goes from one of its processes to the other, whom a watch wakes. */
const PAUSE_MS = 1000;

/** The machine that lends a folder, and does not know that it does: it commits to the cache there as well. */
export class Lender {
  readonly #folder: string;
  readonly #company: Company;
  readonly #ended: Promise<unknown>;

  constructor(folder: string, program: Program) {
    this.#folder = folder;
    this.#company = new Company(join(folder, CACHE));
    const members = ["lender0", "lender1"].map((prefix) => ({
      client: localProcesses,
      program,
      prefix,
      commits: COMMITS,
      pauseMs: PAUSE_MS,
    }));
    this.#ended = Promise.all(members.map((member) => this.#company.join(member)));
  }

  /** Ends its own processes, and holds against the cache what all have said. */
  async judged(finding: Finding): Promise<Finding> {
    const faults = [...finding.faults, ...this.#company.faults];
    this.#company.kill();
    await this.#ended;
    const promised = new Promised();
    promised.take(finding.told);
    promised.take(this.#company.told);
    faults.push(...promised.faultsOf(join(this.#folder, CACHE)));
    emptyFolder(this.#folder);
    return { ...finding, faults };
  }
}
