import { strict as assert } from 'node:assert';
import { contrastRatio, readableOn } from '../../../webview-ui/shared/contrast';
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
});
