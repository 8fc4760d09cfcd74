/**
 * Compares strings by code point, as Python and Rust do. JavaScript compares UTF-16 units and puts U+FFFF after
 * U+10000.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Surrogates encode code points above all others, although their own values lie below U+E000.
    const [surrogateX, surrogateY] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1;
  }
  return a.length - b.length;
}
