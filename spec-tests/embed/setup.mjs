// Builds the embeddings in `.embed/`, each with its own tool from its own manifest and `dist/core.wasi.wasm`: `npm ci`
// brings none of it. What is built already and unchanged is left alone.
//   node spec-tests/embed/setup.mjs [name …]
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtOnce, digestOf } from "../support/built-once.mjs";
import { missingOf } from "../support/toolchain.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sources = join(root, "embed");
const built = join(root, ".embed");
const core = join(root, "dist/core.wasi.wasm");
const execute = promisify(execFile);

const inPython = (...parts) => join(built, "python", ...parts);
/** Beside the folder, which is made anew for each build: packages stay. */
const venv = join(built, "python-venv/bin/python");
const target = ["--locked", "--quiet", "--target-dir", join(built, "rust-target")];
const inRust = (example) => [join(built, "rust-target/debug/examples", example)];
const inGo = (...parts) => join(built, "go", ...parts);
const inJava = (...parts) => join(built, "java", ...parts);
const java = (main) => [
  "java",
  "-XX:TieredStopAtLevel=1",
  "-cp",
  [inJava("target/classes"), inJava("target/test-classes"), inJava("target/lib/*")].join(delimiter),
  main,
];

/**
 * The embeddings by name: what has to be installed, the commands that build one and those of its own tests, and its
 * programs. All commands run in its folder below `.embed/`.
 */
export const EMBEDDINGS = {
  python: {
    needs: { "Python 3.10 with venv": "python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))'" },
    build: [
      ["python3", "-m", "venv", join(built, "python-venv")],
      [venv, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ".[encrypted,test]"],
    ],
    tests: [
      [venv, "-m", "pytest", "-m", "not secret_service"],
      [venv, "-m", "mypy"],
    ],
    programs: {
      vectors: [venv, inPython("conformance/runner.py")],
      contention: [venv, inPython("conformance/contention.py")],
      example: [venv, inPython("examples/sign_in.py"), "--plain"],
    },
  },
  rust: {
    needs: { "Rust 1.86 with cargo": 'test "$(cargo --version | cut -d. -f2)" -ge 86' },
    build: [["cargo", "build", "--examples", ...target]],
    tests: [["cargo", "test", ...target]],
    programs: {
      vectors: inRust("conformance"),
      contention: inRust("contention"),
      tokenResponse: inRust("token_response"),
    },
  },
  go: {
    needs: { "Go 1.24": 'test "$(go env GOVERSION | cut -d. -f2)" -ge 24' },
    build: [["go", "build", "-o", "bin/", "./..."]],
    tests: [
      ["go", "vet", "./..."],
      ["sh", "-c", 'test -z "$(gofmt -l .)"'],
      ["go", "test", "-count=1", "./..."],
    ],
    programs: { vectors: [inGo("bin/vectors")], contention: [inGo("bin/contention")], example: [inGo("bin/example")] },
  },
  java: {
    needs: { "JDK 17": 'test "$(javac -version 2>&1 | tr -dc "0-9." | cut -d. -f1)" -ge 17', maven: "command -v mvn" },
    build: [["mvn", "-q", "-B", "test-compile", "dependency:copy-dependencies"]],
    // Not `test`: that generates the core's class anew, so compiles all others once more, which other tests run meanwhile.
    tests: [["mvn", "-q", "-B", "surefire:test"]],
    programs: {
      vectors: java("msalextensions.Vectors"),
      contention: java("msalextensions.Contention"),
      example: java("example.SignIn"),
    },
  },
};

/** What is not installed of what an embedding is built with; nothing: it can be built. */
export const missingFor = (name) => missingOf(EMBEDDINGS[name].needs);

/** Runs commands in the embedding's folder; the error of one that fails holds what it printed. */
export async function run(name, commands) {
  for (const [program, ...options] of commands) {
    const settings = { cwd: join(built, name), maxBuffer: 2 ** 26, env: { ...process.env, CGO_ENABLED: "0" } };
    try {
      await execute(program, options, settings);
    } catch (error) {
      throw new Error(`${[program, ...options].join(" ")}\n${error.stdout}${error.stderr}`);
    }
  }
}

/** What the tools leave beside the sources, where somebody runs them there. */
const isSource = (path) => !/(^|[/\\])(target|__pycache__|\.\w+_cache)([/\\]|$)/.test(path);

/** Unless it is built from these very sources and this very core already. */
export async function build(name) {
  const source = join(sources, name);
  const folder = join(built, name);
  const digest = createHash("sha256").update(digestOf(source, isSource)).update(readFileSync(core)).digest("hex");
  const started = Date.now();
  const isNew = await builtOnce(folder, digest, () => {
    console.log(`building the embedding in ${name}; the first time its packages are downloaded`);
    cpSync(source, folder, { recursive: true, filter: (path) => isSource(relative(sources, path)) });
    cpSync(core, join(folder, "core.wasi.wasm"));
    return run(name, EMBEDDINGS[name].build);
  });
  if (isNew) console.log(`built the embedding in ${name} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : Object.keys(EMBEDDINGS)) {
    const missing = missingFor(name);
    if (missing.length > 0) console.warn(`${name}: not built, ${missing.join(", ")} not installed`);
    else await build(name);
  }
}
