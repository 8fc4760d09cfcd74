/** Limits the memory of all open sources together: closes the one not seen for longest, and reopens it later. */

/** A source that can be closed at any time, because it opens again when it is asked for something. */
export interface ShelvedSource {
  /** True while a request reads from the source. */
  readonly busy: boolean;
  release(): void;
}

/**
 * Characters of the descriptions of all open sources as JSON. An open source takes 2.2 bytes a character, so this is a
 * limit of about 260 MB. A LoRA tensor takes 290 characters, so that 400 adapters of 1,000 tensors stay open.
 */
const MAX_SHELVED_CHARACTERS = 120_000_000;

export class SourceShelf {
  /** Characters of each open source, the least recently seen first. */
  private readonly sources = new Map<ShelvedSource, number>();
  private total = 0;

  constructor(private readonly limit = MAX_SHELVED_CHARACTERS) {}

  /** The source is open and was asked for something. */
  seen(source: ShelvedSource, characters: number): void {
    this.forget(source);
    this.sources.set(source, characters);
    this.total += characters;
    this.trim();
  }

  /** The source is closed. */
  forget(source: ShelvedSource): void {
    this.total -= this.sources.get(source) ?? 0;
    this.sources.delete(source);
  }

  /** Closes sources until the others fit. The last one seen stays, however large it is. */
  trim(): void {
    const newest = [...this.sources.keys()].at(-1);
    for (const source of [...this.sources.keys()]) {
      if (this.total <= this.limit) return;
      if (source === newest || source.busy) continue;
      this.forget(source);
      source.release();
    }
  }
}
