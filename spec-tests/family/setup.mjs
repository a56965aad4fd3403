// Builds the programs of the family in `.family/`, each from its own manifest: `npm ci` brings none of it. What is
// built already and unchanged is left alone. As a program it prints what it did.
//   node spec-tests/family/setup.mjs
import { execFile } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtOnce, digestOf } from "../support/built-once.mjs";
import { missingOf } from "../support/toolchain.mjs";

const sources = fileURLToPath(new URL("./", import.meta.url));
const built = fileURLToPath(new URL("../../.family/", import.meta.url));
const execute = promisify(execFile);

const run = (folder, program, ...options) =>
  execute(program, options, { cwd: join(built, folder), maxBuffer: 2 ** 26, env: environment() });

/** keytar is compiled, with the headers of this Node where they came with it: node-gyp would download them. */
function environment() {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, "include/node/node.h")) ? { npm_config_nodedir: prefix } : {};
  return { ...process.env, npm_config_build_from_source: "keytar", ...headers };
}

const python = {
  folder: "python",
  needs: { "python3-venv": "python3 -c 'import ensurepip'" },
  async build() {
    await run("python", "python3", "-m", "venv", "venv");
    const pip = ["venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run("python", ...pip, "-r", "requirements.txt");
    await run("python", ...pip, "--target", "with-portalocker", "-r", "requirements-portalocker.txt");
  },
};

const node = {
  folder: "node-peer",
  needs: {
    "a C++ compiler": "command -v c++",
    make: "command -v make",
    "libsecret-1-dev": "pkg-config --exists libsecret-1",
  },
  build: () => run("node-peer", "npm", "ci", "--no-audit", "--no-fund"),
};

const go = {
  folder: "go",
  needs: { go: "command -v go" },
  build: () => run("go", "go", "build", "-o", "peer", "."),
};

const java = {
  folder: "java",
  needs: { "a JDK": "command -v javac", maven: "command -v mvn" },
  async build() {
    await run("java", "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib");
    await run("java", "javac", "-cp", "lib/*", "-d", "classes", "src/Peer.java");
  },
};

const inFolder = (...parts) => join(built, ...parts);
const pythonCommand = [inFolder("python/venv/bin/python"), inFolder("python/peer.py")];
const withPortalocker = {
  PYTHONPATH: [inFolder("python/with-portalocker"), process.env.PYTHONPATH].filter(Boolean).join(delimiter),
};

/** The peers by name: how each is built, and how it is started. */
export const PEERS = {
  "python+portalocker": { ...python, command: pythonCommand, environment: withPortalocker },
  python: { ...python, command: pythonCommand, environment: {} },
  node: { ...node, command: [process.execPath, inFolder("node-peer/peer.mjs")], environment: {} },
  go: { ...go, command: [inFolder("go/peer")], environment: {} },
  java: {
    ...java,
    command: [
      "java",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      `${inFolder("java/classes")}${delimiter}${inFolder("java/lib/*")}`,
      "Peer",
    ],
    environment: {},
  },
};

/** What is not installed of what a peer is built with; nothing: it can be built. */
export const missingFor = (name) => missingOf(PEERS[name].needs);

/** One folder, unless it is built from these very sources already. */
function buildFolder({ folder, build }) {
  const source = join(sources, folder);
  return builtOnce(join(built, folder), digestOf(source), () => {
    cpSync(source, join(built, folder), { recursive: true });
    return build();
  });
}

/** Builds these peers. They wait for registries more than they compute, so all at once. */
export async function build(names = Object.keys(PEERS)) {
  const folders = new Map(names.map((name) => [PEERS[name].folder, PEERS[name]]));
  const timed = async (peer) => {
    const started = Date.now();
    return { folder: peer.folder, built: await buildFolder(peer), ms: Date.now() - started };
  };
  return Promise.all([...folders.values()].map(timed));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = Object.keys(PEERS).filter((name) => {
    const missing = missingFor(name);
    if (missing.length > 0) console.warn(`${name}: not built, ${missing.join(", ")} not installed`);
    return missing.length === 0;
  });
  for (const { folder, built: isNew, ms } of await build(names)) {
    console.log(`${folder.padEnd(10)} ${isNew ? `built in ${(ms / 1000).toFixed(1)} s` : "unchanged"}`);
  }
}
