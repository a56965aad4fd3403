// What the tests and benchmarks use of the WebAssembly API. TypeScript has it in its DOM library only,
// which this project does without.
declare namespace WebAssembly {
  type Module = object;
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
