import { strict as assert } from 'node:assert';
import { checkClaim, parseClaim } from '../../../src/budget/claim';
import { budgetOf, tableFor } from '../../../src/budget/computeBudget';
import { PRESETS } from '../../../src/budget/presets';

const llama = tableFor(PRESETS.find(({ id }) => id === 'llama-2-7b')!.config, null);
const config = { peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 8, target_modules: ['q_proj', 'v_proj'] };

describe('a published claim', () => {
  it('is read from the line that PEFT prints, and from its usual variants', () => {
    const printed = parseClaim('trainable params: 4,194,304 || all params: 6,742,609,920 || trainable%: 0.0622');
    assert.deepEqual(printed, { trainable: 4194304, all: 6742609920, percent: 0.0622 });
    assert.deepEqual(parseClaim('all params: 6742609920 || trainable params: 4194304'), {
      trainable: 4194304,
      all: 6742609920,
      percent: null,
    });
    assert.equal(parseClaim('Trainable parameters = 4.2M')?.trainable, 4_200_000);
    assert.equal(parseClaim('trainable params: 4.194.304')?.trainable, 4194304);
    assert.equal(parseClaim('nothing of the kind'), null);
    assert.equal(parseClaim('trainable%: 0.06'), null);
  });

  it('agrees if PEFT prints the same for these settings', () => {
    const { agrees, lines } = checkClaim(llama, config, { trainable: 4194304, all: 6742609920, percent: 0.0622 });
    assert.ok(agrees);
    assert.equal(lines.length, 3);
  });

  it('lists the settings that give exactly its number if the rank or the targets differ', () => {
    const { trainable } = budgetOf(llama, {
      ...config,
      r: 16,
      target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
    });
    const { agrees, lines } = checkClaim(llama, config, { trainable, all: null, percent: null });
    assert.ok(!agrees);
    assert.match(lines[0]!, /exactly 4 times/);
    assert.match(lines[1]!, /r = \d+ on /);
  });

  it('is explained if it counts a 4-bit base as packed bytes', () => {
    const { all } = budgetOf(llama, config);
    const packed = llama.modules
      .filter(({ kind, name }) => kind === 'linear' && name !== llama.outputEmbedding)
      .reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);
    const { lines } = checkClaim(llama, config, { trainable: 4194304, all: all - packed / 2, percent: null });
    assert.ok(
      lines.some((line) => line.includes('4-bit')),
      lines.join('\n'),
    );
  });

  it('is refuted if its percentage does not follow from its numbers', () => {
    const { lines } = checkClaim(llama, config, { trainable: 4194304, all: 6742609920, percent: 6.22 });
    assert.ok(
      lines.some((line) => line.includes('does not follow')),
      lines.join('\n'),
    );
  });
});
