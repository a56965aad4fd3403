export interface Files {
  readonly kernel: string;
  /** The first file system. */
  readonly first: string;
  /** The root of a tree of the kernel's modules, for `modprobe -d`. */
  readonly modules: string;
  /** Where the virtual machine reads what it is told to do. */
  readonly assignment: string;
  /** A folder of this machine's that it lends to the virtual one. */
  readonly lent: string;
}

/** What is not here of what this needs. */
export function missing(): string[];
/** Makes what the virtual machine boots from, unless it is there. */
export function build(): Promise<Files>;
