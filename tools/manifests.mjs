// Holds deno.json, by which the package is published for Deno, in step with package.json; and
// the versions of the embeddings.
import { readFileSync } from "node:fs";

const text = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const read = (name) => JSON.parse(text(name));
const npm = read("package.json");
const deno = read("deno.json");

const differences = [];
function expectSame(what, ours, theirs) {
  if (ours !== theirs) differences.push(`${what}: package.json says ${ours}, not ${theirs}`);
}

expectSame("name", npm.name, deno.name.replace(/^@[^/]+\//, ""));
expectSame("version", npm.version, deno.version);
expectSame("license", npm.license, deno.license);
expectSame("entry point", npm.exports["."].deno.types, deno.exports.replace(/^\.\/(.*)\.ts$/, "./dist/$1.d.ts"));
/** Deno calls C itself; koffi does it for Node.js alone. */
const { koffi: _koffi, ...optional } = npm.optionalDependencies;
const needed = { ...npm.dependencies, ...optional };
const imports = Object.entries(needed).map(([name, range]) => [name, `npm:${name}@${range}`]);
for (const name of new Set([...Object.keys(needed), ...Object.keys(deno.imports)])) {
  expectSame(`dependency ${name}`, Object.fromEntries(imports)[name], deno.imports[name]);
}
const TOML = /^version = "(.*)"$/m;
const POM = /^ {2}<version>(.*)<\/version>$/m;
for (const [manifest, version] of [
  ["embed/python/pyproject.toml", TOML],
  ["embed/rust/Cargo.toml", TOML],
  ["embed/java/pom.xml", POM],
]) {
  expectSame(`version in ${manifest}`, npm.version, version.exec(text(manifest))?.[1]);
}
if (differences.length) {
  console.error(`The manifests differ:\n${differences.join("\n")}`);
  process.exit(1);
}
