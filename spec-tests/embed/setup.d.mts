export type EmbeddingName = "python" | "rust" | "go" | "java";

export type Command = readonly [program: string, ...options: string[]];

interface Embedding {
  readonly tests: readonly Command[];
  readonly programs: {
    /** Speaks the runner protocol; its argument is the core on which traces are played. */
    readonly vectors: Command;
    /**
     * `<cache> <prefix> <count> [hold]`: commits tokens `<prefix>-<i>`, says `committed <i>`, and `holding`
     * once it holds the lock for good.
     */
    readonly contention: Command;
    /** `<cache> <client id>`, with AUTHORITY_URL in its environment. None where the language has no MSAL. */
    readonly example?: Command;
    /**
     * `<cache> <client id> <tenant> <scope>`: files the answer of a token endpoint, which
     * it reads on its standard input.
     */
    readonly tokenResponse?: Command;
  };
}

export const EMBEDDINGS: Readonly<Record<EmbeddingName, Embedding>>;
/** What is not installed of what an embedding is built with; nothing: it can be built. */
export function missingFor(name: EmbeddingName): string[];
/** Runs commands in the embedding's folder. */
export function run(name: EmbeddingName, commands: readonly Command[]): Promise<void>;
/** Builds the embedding, where that was not done yet. */
export function build(name: EmbeddingName): Promise<void>;
