import { strict as assert } from 'node:assert';
import {
  interpolateBrBG,
  interpolatePuOr,
  interpolateRdBu,
  interpolateViridis,
  lab,
  rgb,
  scaleLinear,
  scaleSymlog,
} from 'd3';
import {
  colorDomain,
  colorPosition,
  colorValues,
  createColorMap,
  cssColorOf,
  isLightColor,
  LUT_SIZE,
  packColor,
  packedColorOf,
  SYMLOG_CONSTANT_SHARE,
  valueAtPosition,
} from '../../../webview-ui/shared/colorMap';
import type { ColorSettings, SchemeName } from '../../../webview-ui/shared/heatmap/types';
import { schemeInterpolator, SCHEMES, specialColors } from '../../../webview-ui/shared/schemes';
import type { ThemeKind } from '../../../webview-ui/shared/theme';

const base: ColorSettings = { scheme: 'redBlue', limit: 0.25, scale: 'linear', reduction: 'mean' };
const themes: readonly ThemeKind[] = ['light', 'dark', 'highContrast', 'highContrastLight'];
const names = SCHEMES.map(({ name }) => name);
const packed = (css: string): number => packColor(css);

/** CIE76 difference. About 2.3 is just noticeable. */
function difference(a: string, b: string): number {
  const [p, q] = [lab(a), lab(b)];
  return Math.hypot(p.l - q.l, p.a - q.a, p.b - q.b);
}

describe('the colour scale', () => {
  it('agrees with d3 on linear and symmetric log scales', () => {
    const linear = scaleLinear([-0.25, 0.25], [0, 1]).clamp(true);
    const symlog = scaleSymlog([-0.25, 0.25], [0, 1])
      .constant(0.25 * SYMLOG_CONSTANT_SHARE)
      .clamp(true);
    for (const value of [-9, -0.25, -0.1, -0.0025, -1e-6, 0, 1e-9, 0.003, 0.2, 0.25, 4]) {
      assert.ok(Math.abs(colorPosition(value, base) - linear(value)) < 1e-12, `linear at ${value}`);
      assert.ok(
        Math.abs(colorPosition(value, { ...base, scale: 'symlog' }) - symlog(value)) < 1e-12,
        `symlog at ${value}`,
      );
    }
  });

  it('is symmetric about 0, which is at its centre', () => {
    for (const scale of ['linear', 'symlog'] as const) {
      assert.equal(colorPosition(0, { ...base, scale }), 0.5);
      assert.equal(colorPosition(-0, { ...base, scale }), 0.5);
      const above = colorPosition(0.07, { ...base, scale });
      assert.ok(Math.abs(above + colorPosition(-0.07, { ...base, scale }) - 1) < 1e-12);
    }
  });

  it('starts at 0 for a sequential scheme, with everything below at its start', () => {
    const settings = { ...base, scheme: 'viridis' as const };
    assert.deepEqual(colorDomain(settings), [0, 0.25]);
    assert.deepEqual(
      [-1, 0, 0.125, 0.25, 9].map((value) => colorPosition(value, settings)),
      [0, 0, 0.5, 1, 1],
    );
  });

  it('inverts positions to values', () => {
    for (const scheme of names) {
      for (const scale of ['linear', 'symlog'] as const) {
        const settings = { ...base, scheme, scale };
        for (const position of [0, 0.1, 0.5, 0.73, 1]) {
          assert.ok(
            Math.abs(colorPosition(valueAtPosition(position, settings), settings) - position) < 1e-9,
            `${scheme} ${scale} ${position}`,
          );
        }
      }
    }
  });

  it('clamps values beyond the limit and gives NaN and infinities colours of their own', () => {
    const map = createColorMap(base, 'light');
    assert.equal(packedColorOf(99, map), map.lut[LUT_SIZE - 1]);
    assert.equal(packedColorOf(-99, map), map.lut[0]);
    assert.deepEqual(
      [NaN, Infinity, -Infinity].map((value) => packedColorOf(value, map)),
      [map.nan, map.positiveInfinity, map.negativeInfinity],
    );
  });

  it('shows an all-zero matrix, whose limit is 0 or unknown, in the colour of zero', () => {
    for (const limit of [0, NaN, -1, Infinity]) {
      const map = createColorMap({ ...base, limit }, 'dark');
      assert.equal(packedColorOf(0, map), map.lut[(LUT_SIZE - 1) / 2], `limit ${limit}`);
      assert.deepEqual([...colorValues(Float32Array.of(0, NaN), map)], [map.lut[(LUT_SIZE - 1) / 2], map.nan]);
    }
  });

  it('colours a tile as it colours its values one by one', () => {
    const values = Float32Array.from({ length: 500 }, (_, i) =>
      i % 50 === 0 ? [NaN, Infinity, -Infinity][(i / 50) % 3]! : Math.tan(i),
    );
    for (const scheme of names) {
      for (const scale of ['linear', 'symlog'] as const) {
        const map = createColorMap({ ...base, scheme, scale }, 'dark');
        assert.deepEqual(
          [...colorValues(values, map)],
          [...values].map((value) => packedColorOf(value, map)),
        );
      }
    }
  });

  it('packs a colour in the order of bytes of ImageData', () => {
    assert.deepEqual([...new Uint8Array(Uint32Array.of(packed('rgb(1, 2, 3)')).buffer)], [1, 2, 3, 255]);
    const map = createColorMap(base, 'light');
    assert.equal(packed(cssColorOf(0.1, map)), packedColorOf(0.1, map));
  });
});

describe('the colour schemes', () => {
  it("are ColorBrewer's on light, blue below zero and red above, and viridis in every theme", () => {
    const published: Readonly<Record<SchemeName, (position: number) => string>> = {
      redBlue: (position) => interpolateRdBu(1 - position),
      purpleOrange: (position) => interpolatePuOr(position),
      brownTeal: (position) => interpolateBrBG(position),
      viridis: (position) => interpolateViridis(position),
    };
    for (const name of names) {
      for (let position = 0; position <= 1; position += 1 / 256) {
        const [ours, theirs] = [rgb(schemeInterpolator(name, 'light')(position)), rgb(published[name](position))];
        const apart = Math.max(Math.abs(ours.r - theirs.r), Math.abs(ours.g - theirs.g), Math.abs(ours.b - theirs.b));
        assert.ok(
          apart <= (name === 'viridis' ? 5 : 0),
          `${name} at ${position}: ${ours.formatHex()}, published ${theirs.formatHex()}`,
        );
      }
    }
  });

  it('give the same hue to the same sign in every theme', () => {
    const redness = (css: string): number => rgb(css).r - rgb(css).b;
    for (const scheme of ['redBlue', 'purpleOrange'] as const) {
      for (const theme of themes) {
        const map = createColorMap({ ...base, scheme }, theme);
        assert.ok(redness(cssColorOf(0.15, map)) > 20, `${scheme} above zero in ${theme}`);
        assert.ok(redness(cssColorOf(-0.15, map)) < -20, `${scheme} below zero in ${theme}`);
      }
    }
    for (const theme of themes) {
      const map = createColorMap({ ...base, scheme: 'brownTeal' }, theme);
      assert.ok(redness(cssColorOf(-0.15, map)) > 20 && redness(cssColorOf(0.15, map)) < 0, theme);
    }
  });

  it('have a middle that suits the theme, pale on light and dark on dark, and ends far from it', () => {
    for (const theme of themes) {
      const dark = theme === 'dark' || theme === 'highContrast';
      for (const scheme of ['redBlue', 'purpleOrange', 'brownTeal'] as const) {
        const map = createColorMap({ ...base, scheme }, theme);
        const middle = lab(cssColorOf(0, map)).l;
        assert.ok(dark ? middle < 20 : middle > 90, `${scheme} in ${theme}: lightness ${middle}`);
        for (const end of [-0.25, 0.25])
          assert.ok(Math.abs(lab(cssColorOf(end, map)).l - middle) > 50, `${scheme} in ${theme}`);
      }
    }
  });

  it('grow steadily away from zero, so that a larger magnitude never looks smaller', () => {
    for (const theme of themes) {
      for (const scheme of ['redBlue', 'purpleOrange', 'brownTeal'] as const) {
        const map = createColorMap({ ...base, scheme }, theme);
        const middle = lab(cssColorOf(0, map)).l;
        for (const sign of [-1, 1]) {
          let last = 0;
          for (let share = 0; share <= 1; share += 0.05) {
            const distance = Math.abs(lab(cssColorOf(sign * share * 0.25, map)).l - middle);
            assert.ok(distance > last - 1.5, `${scheme} in ${theme} at ${sign * share}`);
            last = Math.max(last, distance);
          }
        }
      }
    }
  });

  it('keep clear of the colours of NaN and the infinities, which are distinct from one another', () => {
    for (const theme of themes) {
      const special = Object.values(specialColors(theme)) as string[];
      special.forEach((one, i) =>
        special.slice(i + 1).forEach((other) => assert.ok(difference(one, other) > 40, `${one} and ${other}`)),
      );
      for (const scheme of names as SchemeName[]) {
        const map = createColorMap({ ...base, scheme }, theme);
        for (let value = -0.25; value <= 0.25; value += 0.005) {
          const color = cssColorOf(value, map);
          for (const one of special)
            assert.ok(difference(color, one) > 25, `${scheme} in ${theme}: ${color} and ${one}`);
        }
      }
    }
  });

  it('determine on which colours black text is easier to read', () => {
    assert.deepEqual(
      ['#ffffff', '#ffff00', '#000000', '#00008b', '#ff00e6'].map((css) => isLightColor(packed(css))),
      [true, true, false, false, true],
    );
  });
});
