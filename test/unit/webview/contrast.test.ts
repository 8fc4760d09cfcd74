import { strict as assert } from 'node:assert';
import { contrastRatio, readableOn } from '../../../webview-ui/shared/contrast';
import { lineColors } from '../../../webview-ui/inspector/parts/charts/lineStyles';
import { viridis } from '../../../webview-ui/shared/schemes';

describe('contrast', () => {
  it('is that of WCAG', () => {
    assert.ok(Math.abs(contrastRatio('#000000', '#ffffff') - 21) < 1e-9);
    assert.ok(Math.abs(contrastRatio('#777777', '#ffffff') - 4.478) < 1e-3);
    assert.equal(contrastRatio('#123456', '#123456'), 1);
  });

  it('of the numbers in the grid is enough for text at every colour of the scale', () => {
    for (let i = 0; i <= 200; i++) {
      const color = viridis(i / 200);
      assert.ok(contrastRatio(readableOn(color), color) >= 4.5, `${color} with ${readableOn(color)}`);
    }
  });

  it('of the lines of a chart is enough for marks in every theme', () => {
    const backgrounds = {
      light: ['#ffffff', '#f8f8f8'],
      dark: ['#1f1f1f', '#181818'],
      highContrast: ['#000000'],
      highContrastLight: ['#ffffff'],
    } as const;
    for (const [theme, behind] of Object.entries(backgrounds)) {
      for (const color of lineColors(theme as keyof typeof backgrounds))
        for (const background of behind) assert.ok(contrastRatio(color, background) >= 3, `${color} on ${background}`);
    }
  });
});
