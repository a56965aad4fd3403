/** One text in the operating system's secret store. Errors are `PersistenceError`s. */
export interface SecretItem {
  /** `undefined` when there is none. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
  /** @returns false when there was none */
  remove(): Promise<boolean>;
  /** Another item of the same kind, for what is set aside. */
  beside(suffix: string): SecretItem;
}
