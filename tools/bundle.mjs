// One file a host out of the modules that tsc wrote: a fresh process spends most of its time on finding and reading
// files, and there are 90 of them (docs/measurements.md). Names and lines stay, for whoever reads a stack trace.
// Comments do not: they are a quarter of what each process would read (0.3 ms), and the declarations keep them.
// `dist/bundles/<host>` is as deep as `dist/hosts/<host>`, so the core is where `coreFile` looks for it.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));
/**
 * The entry points of each. Modules that several of them need are in one file, so there is one of each in a process.
 */
const HOSTS = { node: ["index", "msal-cache"], deno: ["index"], bun: ["index"] };
const EXTERNAL = [/^node:/, "jose", "proper-lockfile", "@napi-rs/keyring"];

async function bundle(host, entries) {
  const dir = `${root}dist/bundles/${host}`;
  rmSync(dir, { recursive: true, force: true });
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `${root}dist/hosts/${host}/${name}.js`])),
    external: EXTERNAL,
    platform: "node",
    onLog(_level, { message }) {
      // Whatever a bundler has to say, an import it did not find above all, is not to be published.
      throw new Error(message);
    },
  });
  const { output } = await build.write({ dir, format: "esm", chunkFileNames: "[name].js", comments: false });
  await build.close();
  for (const { fileName, code } of output) checkCharacters(`${host}/${fileName}`, code);
}

/**
 * V8 keeps a source with any character beyond Latin-1 with two bytes for each, and what it keeps brings on
 * its next collection of garbage.
 */
function checkCharacters(file, code) {
  const foreign = /[^\x20-\x7e\t\n]/.exec(code);
  if (foreign) throw new Error(`${file} is to be ASCII (String.fromCodePoint), and has ${JSON.stringify(foreign[0])}`);
}

export async function writeBundles() {
  for (const [host, entries] of Object.entries(HOSTS)) await bundle(host, entries);
}
