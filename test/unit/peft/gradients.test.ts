import { Adapter } from '../../../src/peft/adapter';
import { LoRALinear } from '../../../src/peft/loraLinear';
import { prefixAttention } from '../../../src/peft/prefixAttention';
import { PromptTuning } from '../../../src/peft/promptTuning';
import { seededRandom } from '../../../src/tensor/random';
import { Tensor } from '../../../src/tensor/tensor';
import { assertClose, dot, numericalGradient, product64 } from './closeness';

// Every forward pass is written again here, as plainly as possible in double precision, and differentiated by central
// differences.

const random = seededRandom(7);
const randn = (...shape: number[]): Tensor => Tensor.randn(shape, random);
const doubles = (tensor: Tensor): Float64Array => new Float64Array(tensor.data);

describe('every gradient agrees with finite differences', () => {
  for (const leading of [[5], [2, 3]]) {
    const tokens = leading.reduce((a, b) => a * b);
    const dimensions = `${leading.length + 1}-D input`;

    it(`LoRA: input, A and B, ${dimensions}`, () => {
      const [inFeatures, outFeatures, rank] = [7, 6, 3];
      const [weight, bias] = [randn(outFeatures, inFeatures), randn(outFeatures)];
      const layer = new LoRALinear({ weight, bias, rank, alpha: 5, random });
      layer.lora.A = randn(rank, inFeatures);
      layer.lora.B = randn(outFeatures, rank);
      const x = randn(...leading, inFeatures);
      const upstream = randn(...leading, outFeatures);
      const [x64, a64, b64] = [doubles(x), doubles(layer.lora.A), doubles(layer.lora.B)];
      const forward = (): Float64Array => {
        const base = product64([tokens, inFeatures, outFeatures], x64, layer.weight.data, { transposeB: true });
        const ax = product64([tokens, inFeatures, rank], x64, a64, { transposeB: true });
        const change = product64([tokens, rank, outFeatures], ax, b64, { transposeB: true });
        return base.map((value, i) => value + (5 / 3) * change[i]! + layer.bias!.data[i % outFeatures]!);
      };
      const loss = (): number => dot(forward(), upstream.data);
      assertClose('output', layer.forward(x).data, forward());
      assertClose('gradInput', layer.backward(upstream).data, numericalGradient(x64, loss));
      assertClose('gradA', layer.lora.gradA!.data, numericalGradient(a64, loss));
      assertClose('gradB', layer.lora.gradB!.data, numericalGradient(b64, loss));
    });

    it(`adapter: input, wDown and wUp, ${dimensions}`, () => {
      const [dModel, bottleneckDim] = [6, 4];
      const adapter = new Adapter({ dModel, bottleneckDim });
      adapter.wDown = randn(dModel, bottleneckDim);
      adapter.wUp = randn(bottleneckDim, dModel);
      const x = randn(...leading, dModel);
      const upstream = randn(...leading, dModel);
      const [x64, down64, up64] = [doubles(x), doubles(adapter.wDown), doubles(adapter.wUp)];
      const forward = (): Float64Array => {
        const activated = product64([tokens, dModel, bottleneckDim], x64, down64).map((value) => Math.max(0, value));
        return product64([tokens, bottleneckDim, dModel], activated, up64).map((value, i) => value + x64[i]!);
      };
      const loss = (): number => dot(forward(), upstream.data);
      assertClose('output', adapter.forward(x).data, forward());
      assertClose('gradInput', adapter.backward(upstream).data, numericalGradient(x64, loss));
      assertClose('gradWDown', adapter.gradWDown!.data, numericalGradient(down64, loss));
      assertClose('gradWUp', adapter.gradWUp!.data, numericalGradient(up64, loss));
    });

    it(`prompt tuning: input and prompt, ${dimensions}`, () => {
      const [dModel, promptLength] = [5, 3];
      const batch = leading.length === 2 ? leading[0]! : 1;
      const sequence = leading[leading.length - 1]!;
      const tuning = new PromptTuning({ dModel, promptLength, random });
      const x = randn(...leading, dModel);
      const upstream = randn(...leading.slice(0, -1), promptLength + sequence, dModel);
      const [x64, prompt64] = [doubles(x), doubles(tuning.prompt)];
      const forward = (): number[] =>
        Array.from({ length: batch }, (_, item) => {
          return [...prompt64, ...x64.subarray(item * sequence * dModel, (item + 1) * sequence * dModel)];
        }).flat();
      const loss = (): number => dot(forward(), upstream.data);
      assertClose('output', tuning.forward(x).data, forward());
      assertClose('gradInput', tuning.backward(upstream).data, numericalGradient(x64, loss));
      assertClose('gradPrompt', tuning.gradPrompt!.data, numericalGradient(prompt64, loss));
    });
  }

  const attentions = [
    [false, 4, 4],
    [true, 4, 4],
    [true, 3, 6],
    [false, 2, 5],
    [true, 5, 3],
  ] as const;
  for (const [causal, tokens, keyTokens] of attentions) {
    it(`prefix attention: every input, ${tokens} queries, ${keyTokens} keys, causal ${causal}`, () => {
      const [batch, heads, dHead, prefix] = [2, 2, 3, 2];
      const inputs = {
        query: randn(batch, heads, tokens, dHead),
        key: randn(batch, heads, keyTokens, dHead),
        value: randn(batch, heads, keyTokens, dHead),
        prefixKey: randn(prefix, heads, dHead),
        prefixValue: randn(prefix, heads, dHead),
      };
      const upstream = randn(batch, heads, tokens, dHead);
      const [q, k, v] = [doubles(inputs.query), doubles(inputs.key), doubles(inputs.value)];
      const [pk, pv] = [doubles(inputs.prefixKey), doubles(inputs.prefixValue)];

      const attend = (row: number): number[] => {
        const [block, i] = [Math.floor(row / tokens), row % tokens];
        const head = block % heads;
        // Start of the vector at position j of the joined keys, in the prefix or in the tokens.
        const positions = Array.from({ length: prefix + keyTokens }, (_, j) =>
          j < prefix
            ? { keys: pk, values: pv, at: (j * heads + head) * dHead }
            : { keys: k, values: v, at: (block * keyTokens + j - prefix) * dHead },
        ).filter((_, j) => !causal || j < prefix || j - prefix <= i + keyTokens - tokens);
        const exps = positions.map(({ keys, at }) =>
          Math.exp(dot(q.subarray(row * dHead, (row + 1) * dHead), keys.subarray(at, at + dHead)) / Math.sqrt(dHead)),
        );
        const sum = exps.reduce((a, b) => a + b);
        return Array.from({ length: dHead }, (_, d) =>
          positions.reduce((total, { values, at }, j) => total + (exps[j]! / sum) * values[at + d]!, 0),
        );
      };
      const forward = (): number[] => Array.from({ length: batch * heads * tokens }, (_, row) => attend(row)).flat();
      const loss = (): number => dot(forward(), upstream.data);

      const result = prefixAttention({ ...inputs, causal });
      assertClose('output', result.output.data, forward());
      const gradients = result.backward(upstream);
      assertClose('gradQuery', gradients.gradQuery.data, numericalGradient(q, loss));
      assertClose('gradKey', gradients.gradKey.data, numericalGradient(k, loss));
      assertClose('gradValue', gradients.gradValue.data, numericalGradient(v, loss));
      assertClose('gradPrefixKey', gradients.gradPrefixKey.data, numericalGradient(pk, loss));
      assertClose('gradPrefixValue', gradients.gradPrefixValue.data, numericalGradient(pv, loss));
    });
  }
});
