/** Places names beside dots so that none covers another name or a dot, or leaves the picture. No DOM. */

interface Rect {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

interface PlacedLabel extends Spot {
  readonly text: string;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** The width of an 11 px capital or digit in px, rounded up. */
const LETTER = 7;
const HEIGHT = 12;
const GAP = 7;
const DOT = 4;

/** Places the names in order, each at the first free position around its dot. A name without one is left out. */
export function placeLabels(
  named: readonly (Spot & { readonly text: string })[],
  dots: readonly Spot[],
  area: Rect,
  taken: readonly Rect[] = [],
): PlacedLabel[] {
  const filled: Rect[] = [
    ...taken,
    ...dots.map(({ x, y }) => ({ left: x - DOT, right: x + DOT, top: y - DOT, bottom: y + DOT })),
  ];
  const placed: PlacedLabel[] = [];
  for (const { x, y, text } of named) {
    const width = LETTER * text.length;
    const around: readonly PlacedLabel[] = [
      { text, x: x + GAP, y: y + 4, anchor: 'start' },
      { text, x, y: y - GAP, anchor: 'middle' },
      { text, x: x - GAP, y: y + 4, anchor: 'end' },
      { text, x, y: y + GAP + HEIGHT - 3, anchor: 'middle' },
    ];
    const found = around.find((label) => {
      const box = boxOf(label, width);
      return inside(box, area) && !filled.some((each) => meets(box, each));
    });
    if (!found) continue;
    placed.push(found);
    filled.push(boxOf(found, width));
  }
  return placed;
}

function boxOf({ x, y, anchor }: PlacedLabel, width: number): Rect {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - HEIGHT + 2, bottom: y + 2 };
}

const inside = (box: Rect, area: Rect): boolean =>
  box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;

const meets = (a: Rect, b: Rect): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
