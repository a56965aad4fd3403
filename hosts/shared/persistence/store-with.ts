import type { Store } from "../core/capabilities.ts";

/** The same store but for what is changed. A spread would leave out what a class has. */
export function storeWith(store: Store, changes: Partial<Store>): Store {
  return {
    location: store.location,
    stat: () => store.stat(),
    read: (maxBytes) => store.read(maxBytes),
    replace: (content, beforePublishing) => store.replace(content, beforePublishing),
    settle: () => store.settle(),
    remove: () => store.remove(),
    setAside: () => store.setAside(),
    watch: (onChange) => store.watch(onChange),
    ...changes,
  };
}
