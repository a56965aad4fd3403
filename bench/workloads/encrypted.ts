import { hasSecretService, startSecretService } from "../../spec-tests/encryption/secret-service.ts";
import { Contender } from "../harness/contender.ts";
import { column, flushDisk, inTurn, quotient } from "../harness/rounds.ts";
import type { Context, Outcome, Workload } from "../harness/workload.ts";

const TOKENS_HERE = 20;

async function startAll({ peers, freshCache }: Context): Promise<Map<string, Contender>> {
  const contenders = new Map<string, Contender>();
  if (process.platform === "linux") {
    contenders.set("this, kernel keyring", await Contender.ours({ cache: freshCache(), store: "kernel keyring" }));
  }
  if (!hasSecretService) return contenders;
  const given = () => ({ cache: freshCache(), store: "secret service" }) as const;
  contenders.set("this, Secret Service", await Contender.ours(given()));
  if (peers.has("node")) contenders.set("Node peer (keytar)", await Contender.nodePeer(given()));
  const python = peers.secretPython();
  if (python) contenders.set("Python peer (libsecret)", await python(given()));
  else console.warn("SKIPPED: Python with PyGObject; spec-tests/encryption/peers/setup.sh brings its libraries");
  return contenders;
}

/** On a bus and keyrings of its own. */
async function run(context: Context): Promise<Outcome> {
  const service = hasSecretService ? await startSecretService() : undefined;
  const contenders = await startAll(context);
  const [rounds, count, fill] = context.quick ? [1, 1, 1] : [15, 4, TOKENS_HERE];
  try {
    for (const contender of contenders.values()) await contender.ask({ do: "commit", from: 0, count: fill });
    const spreads = await inTurn(contenders, rounds, (contender, round) => {
      context.progress(`round ${round + 1} of ${rounds}`);
      flushDisk();
      return contender.times({ do: "commit", from: (round * count) % TOKENS_HERE, count });
    });
    const [keytar, python] = [spreads.get("Node peer (keytar)"), spreads.get("Python peer (libsecret)")];
    const ratio = (id: string, what: string, value: number) => ({ id, what, value, goal: { atLeast: 1 } });
    const ours = spreads.get("this, Secret Service");
    return {
      measured: column("one token", spreads),
      ratios: [
        ratio(
          "keyring",
          "kernel keyring and JWE: times as fast as keytar",
          quotient(keytar, spreads.get("this, kernel keyring")),
        ),
        ratio("secret service", "Secret Service: times as fast as keytar", quotient(keytar, ours)),
        ratio("secret service, Python", "Secret Service: times as fast as Python", quotient(python, ours)),
      ],
    };
  } finally {
    await Promise.all([...contenders.values()].map((contender) => contender.end()));
    await service?.stop();
  }
}

export const encrypted: Workload = {
  name: "encrypted",
  title: `One token committed to an encrypted cache, ${TOKENS_HERE} in it`,
  run,
};
