import { existsSync } from "node:fs";
import { Contender, type Given } from "./contender.ts";
import { pathOf, ROOT } from "./paths.ts";

type PeerName = "python+portalocker" | "python" | "node" | "go" | "java";

interface PeerProgram {
  readonly command: readonly [program: string, ...options: string[]];
  readonly environment: Readonly<Record<string, string>>;
}

interface Family {
  readonly PEERS: Readonly<Record<PeerName, PeerProgram>>;
  missingFor(name: PeerName): string[];
  build(names: readonly PeerName[]): Promise<unknown>;
}

const SYSTEM_PYTHON = "/usr/bin/python3";
const PYTHON_WITH_SECRETS = pathOf("spec-tests/encryption/peers/python");

type Start = (given: Given) => Promise<Contender>;

/** The members of the family that can be built here, from the manifests in spec-tests/family. */
export class Peers {
  readonly #family: Family;
  readonly #there: ReadonlySet<PeerName>;

  private constructor(family: Family, there: ReadonlySet<PeerName>) {
    this.#family = family;
    this.#there = there;
  }

  /** Builds what is not built yet: minutes. What is missing is said aloud. */
  static async build(): Promise<Peers> {
    const family = (await import(new URL("spec-tests/family/setup.mjs", ROOT).href)) as Family;
    const names = (Object.keys(family.PEERS) as PeerName[]).filter((name) => {
      const missing = family.missingFor(name);
      if (missing.length > 0)
        console.warn(`SKIPPED: ${name} cannot be built here, not installed: ${missing.join(", ")}`);
      return missing.length === 0;
    });
    await family.build(names);
    return new Peers(family, new Set(names));
  }

  has(name: PeerName): boolean {
    return this.#there.has(name);
  }

  program(name: PeerName): PeerProgram {
    return this.#family.PEERS[name];
  }

  /** The peers that take a bench's orders, by the name they have in its tables. */
  starters(): ReadonlyMap<string, Start> {
    const starters = new Map<string, Start>();
    if (this.has("node")) starters.set("Node peer", Contender.nodePeer);
    for (const [name, label] of [
      ["python+portalocker", "Python peer"],
      ["python", "Python peer without portalocker"],
    ] as const) {
      if (this.has(name)) starters.set(label, this.#python(name));
    }
    return starters;
  }

  /** Python with PyGObject, for the Secret Service; set up by spec-tests/encryption/peers/setup.sh. */
  secretPython(): Start | undefined {
    if (!existsSync(PYTHON_WITH_SECRETS)) return undefined;
    return (given) => Contender.python(given, SYSTEM_PYTHON, { PYTHONPATH: PYTHON_WITH_SECRETS });
  }

  #python(name: "python" | "python+portalocker"): Start {
    const { command, environment } = this.program(name);
    return (given) => Contender.python(given, command[0], environment);
  }
}
