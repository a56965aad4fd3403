import { SerialQueue } from "../serial-queue.ts";
import { type LibSecretCalls, ServiceFailure } from "./libsecret-calls.ts";
import type { LibSecretService } from "./libsecret-service.ts";

interface Found {
  readonly service: bigint;
  readonly path: string;
  readonly item: bigint;
}

/**
 * Storing an item makes GNOME Keyring write its file and wait for the disk twice, for the attributes and for the secret, and that is most of
 * what a commit takes. Setting the secret of an item that is there does it once. To look first which one is there, and that it is
 * the only one, makes sure that it is what storing would have replaced.
 */
export class OverwritableItem {
  readonly #calls: LibSecretCalls;
  readonly #service: LibSecretService;
  /** Nothing is given up that another call still uses. */
  readonly #queue = new SerialQueue();
  #writes = 0;
  #found: Found | undefined;

  constructor(calls: LibSecretCalls, service: LibSecretService) {
    this.#calls = calls;
    this.#service = service;
  }

  /** @returns false: not done, store it. So is the first, because to get hold of the item takes what overwriting it saves. */
  overwrite(service: bigint, schema: bigint, attributes: bigint, value: bigint): Promise<boolean> {
    return this.#queue.run(async () => {
      this.#writes += 1;
      try {
        if (this.#writes > 1 && (await this.#overwrite(service, schema, attributes, value))) return true;
      } catch (error) {
        if (!(error instanceof ServiceFailure)) throw error; // Removed, another service by now: storing says what is wrong.
      }
      this.#forget();
      return false;
    });
  }

  async #overwrite(service: bigint, schema: bigint, attributes: bigint, value: bigint): Promise<boolean> {
    const { unlocked, locked } = await this.#service.search(service, schema, attributes);
    const [path, ...others] = [...unlocked, ...locked];
    if (path === undefined || others.length > 0 || locked.length > 0) return false; // storing can ask
    const item = await this.#itemAt(service, path);
    await this.#calls.attempt("secret_item_set_secret_sync", [item, value]);
    return true;
  }

  async #itemAt(service: bigint, path: string): Promise<bigint> {
    if (this.#found?.path !== path || this.#found.service !== service) {
      this.#forget();
      const item = await this.#calls.attempt("secret_item_new_for_dbus_path_sync", [service, path, 0]);
      this.#found = { service, path, item };
    }
    return this.#found.item;
  }

  #forget(): void {
    if (this.#found !== undefined) this.#calls.functions().g_object_unref(this.#found.item);
    this.#found = undefined;
  }
}
