import { type CoreExports, type CoreImports, type CoreModule, instantiate } from "../hosts/shared/core/core-module.ts";

const { Module } = WebAssembly as unknown as {
  Module: { imports(module: CoreModule): ReadonlyArray<{ module: string; name: string }> };
};
const MAX_BYTES = 64 * 1024 * 1024;

/** An instance of the core whose capabilities nobody calls: merging is pure. */
export function instantiatePure(module: CoreModule): CoreExports {
  const imports: CoreImports = {};
  for (const { module: group, name } of Module.imports(module)) {
    imports[group] ??= {};
    imports[group][name] = () => {
      throw new Error(`${group}.${name} was called`);
    };
  }
  const core = instantiate(module, imports);
  core.configure(MAX_BYTES, 0, 1n);
  return core;
}
