import { strict as assert } from 'node:assert';
import { colorTable, floatOfKey, keyOfFloat, TABLE_CHANNELS } from '../../../webview-ui/gl/colorTable';
import { colorIndex, createColorMap, LUT_SIZE, packedColorOf } from '../../../webview-ui/shared/colorMap';
import type { ColorMap } from '../../../webview-ui/shared/colorMap';
import type { SchemeName } from '../../../webview-ui/shared/heatmap/types';

const mapOf = (scheme: SchemeName, scale: 'linear' | 'symlog', limit: number): ColorMap =>
  createColorMap({ scheme, scale, limit, reduction: 'mean' }, 'dark');

function entryOf(value: number, table: Uint32Array): { index: number; color: number } {
  const key = keyOfFloat(value);
  const keys = new Int32Array(table.buffer);
  for (let index = 0; index < LUT_SIZE; index++) {
    const at = index * TABLE_CHANNELS;
    if (key >= (keys[at] as number) && key < (keys[at + 1] as number)) return { index, color: table[at + 2] as number };
  }
  return { index: -1, color: 0 };
}

describe('the colour table of the shader', () => {
  it('orders floats by their bits', () => {
    const ordered = [-Infinity, -3.4e38, -1, -1.2e-38, -1e-45, -0, 0, 1e-45, 1.2e-38, 1, 3.4e38, Infinity];
    const keys = ordered.map(keyOfFloat);
    assert.deepEqual(
      keys,
      [...keys].sort((a, b) => a - b),
    );
    for (const value of ordered) assert.ok(Object.is(floatOfKey(keyOfFloat(value)), Math.fround(value)), `${value}`);
  });

  it('has every float in the entry by which Canvas2D colours it', () => {
    for (const scheme of ['redBlue', 'viridis'] as const) {
      for (const scale of ['linear', 'symlog'] as const) {
        for (const limit of [0, 1e-45, 1e-30, 0.02, 1, 255, 1e30]) {
          const map = mapOf(scheme, scale, limit);
          const table = colorTable(map);
          for (let i = 0; i < 400; i++) {
            const key = i < 200 ? Math.round((i / 100 - 1) * 0x7f7fffff) : keyOfFloat(Math.sin(i * i) * limit * 1.1);
            const value = floatOfKey(key);
            const { index, color } = entryOf(value, table);
            const where = `${value} in ${JSON.stringify(map.settings)}`;
            assert.equal(index, colorIndex(value, map.settings), where);
            assert.equal(color, packedColorOf(value, map), where);
          }
        }
      }
    }
  });

  it('finds the boundary between two colours to the last float', () => {
    const map = mapOf('purpleOrange', 'symlog', 0.37);
    const keys = new Int32Array(colorTable(map).buffer);
    for (let index = 1; index < LUT_SIZE; index++) {
      const begin = keys[index * TABLE_CHANNELS] as number;
      assert.ok(colorIndex(floatOfKey(begin), map.settings) >= index, `entry ${index} begins where it may`);
      assert.ok(colorIndex(floatOfKey(begin - 1), map.settings) < index, `entry ${index} begins no later`);
      assert.equal(begin, keys[(index - 1) * TABLE_CHANNELS + 1]);
    }
  });
});
