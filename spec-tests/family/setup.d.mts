export type PeerName = "python+portalocker" | "python" | "node" | "go" | "java";

interface PeerProgram {
  readonly command: readonly [program: string, ...options: string[]];
  /** In addition to this process's own. */
  readonly environment: Readonly<Record<string, string>>;
}

export const PEERS: Readonly<Record<PeerName, PeerProgram>>;
/** What is not installed of what a peer is built with; nothing: it can be built. */
export function missingFor(name: PeerName): string[];
/** Builds these peers, where that was not done yet. */
export function build(names?: readonly PeerName[]): Promise<{ folder: string; built: boolean; ms: number }[]>;
