// Writes PNG pictures with a palette of 256 colours, chosen by median cut (Heckbert 1982).
import { deflateSync } from 'node:zlib';

const MAX_COLORS = 256;

/**
 * @param {Uint8Array} rgba (pixels, 4); alpha is ignored
 * @returns {{ palette: number[][], indices: Uint8Array }} palette entries are [red, green, blue]
 */
export function reduceColors(rgba) {
  /** @type {Map<number, number>} packed colour to number of pixels */
  const counts = new Map();
  for (let i = 0; i < rgba.length; i += 4) {
    const color = pack(rgba, i);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const boxes = [[...counts].map(([color, count]) => ({ rgb: unpack(color), color, count }))];
  while (boxes.length < MAX_COLORS) {
    const widest = boxes.map(spread).reduce((best, now, i, all) => (now.weight > all[best].weight ? i : best), 0);
    if (boxes[widest].length < 2) break;
    boxes.push(...split(boxes.splice(widest, 1)[0]));
  }
  const entryOf = new Map(boxes.flatMap((box, entry) => box.map(({ color }) => [color, entry])));
  const indices = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < indices.length; i++) indices[i] = entryOf.get(pack(rgba, 4 * i));
  return { palette: boxes.map(average), indices };
}

/** @returns {Buffer} */
export function encodeIndexedPng(width, height, { palette, indices }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bit depth 8, colour type 3: one palette index per pixel.
  header.set([8, 3, 0, 0, 0], 8);
  // Every row starts with its filter: 0 for none, which suits indices.
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** The channel with the widest range in a box, and the benefit of dividing the box there. */
function spread(box) {
  const ranges = [0, 1, 2].map((channel) => {
    let low = 255;
    let high = 0;
    for (const { rgb } of box) {
      low = Math.min(low, rgb[channel]);
      high = Math.max(high, rgb[channel]);
    }
    return high - low;
  });
  const range = Math.max(...ranges);
  const pixels = box.reduce((sum, { count }) => sum + count, 0);
  // A wide box with few pixels (the edges of letters) matters as much as a narrow one with many (the shades of an
  // area).
  return { channel: ranges.indexOf(range), weight: range * Math.sqrt(pixels) };
}

/** Divides the box into halves of equal pixel count along its widest channel. */
function split(box) {
  const { channel } = spread(box);
  const sorted = [...box].sort((a, b) => a.rgb[channel] - b.rgb[channel]);
  const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  let seen = 0;
  const at = sorted.findIndex(({ count }) => (seen += count) >= half) + 1;
  const cut = Math.min(Math.max(at, 1), sorted.length - 1);
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

function average(box) {
  const pixels = box.reduce((sum, { count }) => sum + count, 0);
  return [0, 1, 2].map((channel) =>
    Math.round(box.reduce((sum, { rgb, count }) => sum + rgb[channel] * count, 0) / pixels),
  );
}

const pack = (rgba, i) => (rgba[i] << 16) | (rgba[i + 1] << 8) | rgba[i + 2];
const unpack = (color) => [color >> 16, (color >> 8) & 255, color & 255];

/** The CRC that PNG defines. zlib.crc32 is newer than the oldest Node that we support. */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
