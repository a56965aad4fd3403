/**
 * Whether a test can run here. What is missing is said aloud; on CI, where everything is installed, it is a failure.
 */
export function needs(tool: string, present: boolean): boolean {
  if (present) return true;
  if (process.env.CI === "true") throw new Error(`${tool} is missing, and CI must have it`);
  console.warn(`SKIPPED: ${tool} is not here`);
  return false;
}
