/** What may happen and is documented as a limit in docs/lock.md, counted so that nobody overlooks how often. */
export type Limit =
  /** A holder lost the lock after its last look and before it published. */
  | "lostBetweenLookAndPublishing"
  /**
   * A lock file was its remover's, or an abandoned one, when it looked, one or two calls before it removed
   * it, and another one's by then.
   */
  | "lostBetweenLookAndRemoving"
  /** A member of the family removed or emptied a lock file that was not its own. */
  | "removedByPeer"
  /** A holder that did not renew for longer than the grace was taken for dead. */
  | "takenForDead"
  /** A lease was found stale and, when it was removed, had been replaced or renewed by one who lives. */
  | "leaseReplacedAfterLook"
  /**
   * Two members of the family wrote into one file, and what it held then was neither's: a name in a
   * lock file, a token in the cache.
   */
  | "garbledByPeers"
  /** A member of the family entered beside a holder with a lease, which its own locks do not show it. */
  | "leaseUnseenByPeer"
  /** A member of the family holds a lock on a file that has no name any more. */
  | "peerOnOrphan"
  /** A member of the family wrote while one of ours held the lock; ours replaced what it had read before. */
  | "peerWroteWithoutLock"
  /** A power cut brought back, torn, what a member of the family had written in place and nobody had synced. */
  | "unsyncedByPeer"
  /** A member of the family dropped what another one had written. */
  | "droppedByPeer";

export type LimitCounts = Partial<Record<Limit, number>>;
