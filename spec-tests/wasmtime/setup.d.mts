/** The Python that has wasmtime, once `build` has resolved. */
export const PYTHON: string;
/** Is there a Python to install it into? */
export function isPythonThere(): boolean;
/** Resolves with whether there was something to do. */
export function build(): Promise<boolean>;
