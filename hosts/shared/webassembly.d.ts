// The values of the WebAssembly API that this package uses. TypeScript has them in its DOM library only, which this project
// does without; the type `WebAssembly.Module`, which is part of the public declarations, is declared in core-module.ts.
declare namespace WebAssembly {
  const Module: { new (bytes: ArrayBufferView | ArrayBuffer): Module };
  const Instance: {
    new (
      module: Module,
      imports?: Record<string, Record<string, unknown>>,
    ): { readonly exports: Record<string, unknown> };
  };
  const RuntimeError: { new (message?: string): Error };
  function validate(bytes: ArrayBufferView | ArrayBuffer): boolean;
}
