/** Shortens names in their middle and keeps what distinguishes them from the other names of a list. */

/** Whether a text has room where it is shown. */
export type Fits = (text: string) => boolean;

/** A segment written with more underscores than this is a whole path, as in kohya's names. */
const PATH_UNDERSCORES = 3;
/** Names of a longer list that are looked at, spread over the list: counting all of 300,000 would take a second. */
const SAMPLED = 2000;
/** A segment that is shortened keeps this many characters. */
const SHORTEST_SEGMENT = 4;

interface Segment {
  readonly text: string;
  /** The separator before the segment; '' at the start. */
  readonly separator: string;
}

/** Room for a number of characters, for texts that cannot be measured. */
export const withinCharacters =
  (most: number): Fits =>
  (text) =>
    text.length <= most;

/** The whole name if it fits, or else its start and its end around '…'. */
export function shortenedName(name: string, fits: Fits): string {
  if (fits(name)) return name;
  const characters = [...name];
  let low = 0;
  let high = characters.length - 1;
  const keeping = (count: number): string => {
    const tail = Math.ceil(count / 2);
    return `${characters.slice(0, count - tail).join('')}…${characters.slice(characters.length - tail).join('')}`;
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(keeping(middle))) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '…' : keeping(low);
}

/** Shortens the names of one list. A segment that most names share goes first, from the middle outwards. */
export class NameShortener {
  private readonly uses = new Map<string, number>();

  private readonly sample: readonly string[];

  constructor(names: readonly string[]) {
    const step = Math.max(1, Math.ceil(names.length / SAMPLED));
    this.sample = step === 1 ? names : names.filter((_, i) => i % step === 0);
    for (const name of this.sample) {
      for (const text of new Set(segmentsOf(name).map((segment) => segment.text)))
        this.uses.set(text, (this.uses.get(text) ?? 0) + 1);
    }
  }

  shorten(name: string, fits: Fits): string {
    if (fits(name)) return name;
    if (this.sample.length < 2) return shortenedName(name, fits);
    const segments = segmentsOf(name);
    const kept: (Segment | null)[] = [...segments];
    for (const index of this.droppable(segments)) {
      kept[index] = null;
      const text = joined(kept);
      if (fits(text)) return text;
    }
    return this.shortenSegments(kept, fits) ?? shortenedName(joined(kept), fits);
  }

  /** Indices of the segments that most of the names share, the least telling first. */
  private droppable(segments: readonly Segment[]): number[] {
    const most = this.sample.length / 2;
    const centre = (segments.length - 1) / 2;
    const usesOf = ({ text }: Segment): number => this.uses.get(text) ?? 0;
    return segments
      .map((segment, index) => ({ index, uses: usesOf(segment), shared: usesOf(segment) > most }))
      .filter(({ index, shared }) => shared && !/^\d+$/.test(segments[index]!.text))
      .sort((a, b) => b.uses - a.uses || Math.abs(a.index - centre) - Math.abs(b.index - centre))
      .map(({ index }) => index);
  }

  /** Shortens the longest segments, so that the short ones and the numbers stay whole. `null` if that is not enough. */
  private shortenSegments(kept: readonly (Segment | null)[], fits: Fits): string | null {
    const shown = [...kept];
    for (;;) {
      const lengths = shown.map((segment) => segment?.text.length ?? 0);
      const longest = lengths.reduce((best, length, i) => (length > (lengths[best] ?? 0) ? i : best), 0);
      const { text = '', separator = '' } = shown[longest] ?? {};
      if (text.length <= SHORTEST_SEGMENT) return null;
      const shorter = shortenedName(text, withinCharacters(text.length - 1));
      shown[longest] = { text: shorter, separator };
      const whole = joined(shown);
      if (fits(whole)) return whole;
    }
  }
}

/** Short forms of a whole list. */
export function shortNames(names: readonly string[], fits: Fits): string[] {
  const shortener = new NameShortener(names);
  return names.map((name) => shortener.shorten(name, fits));
}

function segmentsOf(name: string): Segment[] {
  const dotted = [...name.matchAll(/([./]?)([^./]*)/g)]
    .filter(([whole]) => whole !== '')
    .map(([, separator = '', text = '']) => ({ separator, text }));
  return dotted.flatMap(({ separator, text }) => {
    const words = text.split('_');
    if (words.length - 1 <= PATH_UNDERSCORES) return [{ separator, text }];
    return words.map((word, i) => ({ separator: i === 0 ? separator : '_', text: word }));
  });
}

/** Runs of dropped segments become one '…', which also stands for the separators around them. */
function joined(segments: readonly (Segment | null)[]): string {
  let text = '';
  segments.forEach((segment, i) => {
    const before = i === 0 ? undefined : segments[i - 1];
    if (segment) text += before === null ? segment.text : segment.separator + segment.text;
    else if (before !== null) text += '…';
  });
  return text;
}
