import { FrozenAttention } from '../../../src/peft/frozenAttention';
import { seededRandom } from '../../../src/tensor/random';
import { Tensor } from '../../../src/tensor/tensor';
import { assertClose, dot, numericalGradient, product64 } from './closeness';

const [BATCH, VIRTUAL, LAST, D_MODEL, HEADS] = [2, 3, 4, 6, 2] as const;
const TOKENS = VIRTUAL + LAST;
const D_HEAD = D_MODEL / HEADS;

/** The output, (batch, heads, LAST, D_HEAD), entry by entry in double precision. */
function plainOutput(x: Float64Array, weights: Readonly<Record<'query' | 'key' | 'value', Tensor>>): Float64Array {
  const project = (weight: Tensor): Float64Array =>
    product64([BATCH * TOKENS, D_MODEL, D_MODEL], x, weight.data, { transposeB: true });
  const [q, k, v] = [project(weights.query), project(weights.key), project(weights.value)];
  const out: number[] = [];
  for (let item = 0; item < BATCH; item++)
    for (let head = 0; head < HEADS; head++)
      for (let token = VIRTUAL; token < TOKENS; token++) {
        const of = (values: Float64Array, row: number): Float64Array =>
          values.subarray((item * TOKENS + row) * D_MODEL + head * D_HEAD).subarray(0, D_HEAD);
        const visible = Array.from({ length: token + 1 }, (_, row) => row);
        const weightsOfRows = visible.map((row) => Math.exp(dot(of(q, token), of(k, row)) / Math.sqrt(D_HEAD)));
        const total = weightsOfRows.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < D_HEAD; d++)
          out.push(visible.reduce((sum, row) => sum + (weightsOfRows[row]! / total) * of(v, row)[d]!, 0));
      }
  return Float64Array.from(out);
}

describe('frozen attention', () => {
  it('gives virtual tokens the outputs and the gradient of plain loops and finite differences', () => {
    const random = seededRandom(3);
    const draw = (): Tensor => Tensor.randn([D_MODEL, D_MODEL], random);
    const weights = { query: draw(), key: draw(), value: draw() };
    const x = Tensor.randn([BATCH, TOKENS, D_MODEL], random);
    const { output, backward } = new FrozenAttention(weights, HEADS).forward(x, LAST);
    const x64 = new Float64Array(x.data);
    assertClose('output', output.data, plainOutput(x64, weights));
    const upstream = Tensor.randn(output.shape, random);
    const numerical = numericalGradient(x64, () => dot(plainOutput(x64, weights), upstream.data));
    const gradient = backward(upstream).data;
    for (let item = 0; item < BATCH; item++) {
      const start = item * TOKENS * D_MODEL;
      const end = start + VIRTUAL * D_MODEL;
      assertClose(`item ${item}`, gradient.subarray(start, end), numerical.subarray(start, end), 1e-3, 1e-4);
    }
  });
});
