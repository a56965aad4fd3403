package msalextensions;

import java.util.List;

/**
 * What a commit made of what was stored.
 *
 * @param content what is stored now
 * @param unchanged nothing had to be written
 * @param salvaged what was stored was damaged, and the content holds what could be saved of it
 * @param setAside the damaged original was kept under another name
 * @param conflicts entities that both sides had changed
 * @param accountsAdded keys of the section {@code Account}
 */
public record Merged(
    byte[] content, boolean unchanged, boolean salvaged, boolean setAside, int added, int updated, int removed, int conflicts,
    List<String> accountsAdded, List<String> accountsRemoved) {}
