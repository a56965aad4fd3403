export interface Runtime {
  readonly name: string;
  readonly kind: "node" | "deno" | "bun";
  readonly path: string;
  readonly version: string;
}

export declare const RUNTIME_NAMES: readonly string[];
export declare function findRuntime(name: string): Runtime | undefined;
export declare function findNodes(from?: number): readonly Runtime[];
