import { strict as assert } from 'node:assert';
import { formatLineSummary } from '../../../webview-ui/shared/formatNumber';

describe('a row or column of a matrix', () => {
  it('is summed up in one line', () => {
    assert.equal(
      formatLineSummary({ count: 768, min: -0.125, max: 0.30001, mean: 1e-5, norm: 1.23456 }),
      'min -0.125, max 0.3, mean 1e-5, norm 1.235',
    );
  });
});
