import { strict as assert } from 'node:assert';
import { belowPrecision } from '../../../src/findings/belowPrecision';
import { deadFactors } from '../../../src/findings/deadFactors';
import { duplicateModules } from '../../../src/findings/duplicateModules';
import type { ModuleEvidence, ValueRule } from '../../../src/findings/evidence';
import { nonFinite } from '../../../src/findings/nonFinite';
import { normOutlier } from '../../../src/findings/normOutlier';
import { inEnglish } from '../../../src/findings/sentence';
import { spectrumSpike } from '../../../src/findings/spectrumSpike';
import { unreadableTensors } from '../../../src/findings/unreadableTensors';
import { unusedRank } from '../../../src/findings/unusedRank';
import { zeroRows } from '../../../src/findings/zeroRows';
import { descriptionOf, evidenceOf, moduleEvidence, tensorEvidence } from './evidenceFixtures';

/** Code, modules and value of each finding. */
function found(rule: ValueRule, modules: readonly ModuleEvidence[]): unknown[] {
  const description = descriptionOf(modules.map(({ info }) => info));
  return rule(evidenceOf(modules), description).map(({ code, modules: names, value }) => [code, names, value]);
}

function text(rule: ValueRule, modules: readonly ModuleEvidence[]): string[] {
  const description = descriptionOf(modules.map(({ info }) => info));
  return rule(evidenceOf(modules), description).map(({ what }) => inEnglish(what));
}

const layers = (count: number, changes: (layer: number) => Partial<Omit<ModuleEvidence, 'info'>>): ModuleEvidence[] =>
  Array.from({ length: count }, (_, layer) => moduleEvidence({ info: { layer }, ...changes(layer) }));

describe('the findings of values', () => {
  it('count NaN and infinities, with the first position and the module', () => {
    const { info } = moduleEvidence();
    const tensors = [tensorEvidence(), tensorEvidence({ name: info.a, nan: 2, infinite: 1, firstNonFinite: [1, 5] })];
    const [finding] = nonFinite(evidenceOf([], { tensors }), descriptionOf([info]));
    assert.deepEqual([finding!.modules, finding!.tensors, finding!.value], [[info.module], [info.a], 3]);
    assert.match(inEnglish(finding!.what), /holds 2 NaN and 1 infinite value among 128; the first is at \[1, 5\]/);
    assert.deepEqual(nonFinite(evidenceOf([], { tensors: [tensorEvidence()] }), descriptionOf([info])), []);
  });

  it('name tensors that cannot be read', () => {
    const failures = [
      { tensor: 'x', message: "tensor 'x' ends early" },
      { tensor: 'y', message: "tensor 'y' ends early" },
    ];
    const [finding] = unreadableTensors(evidenceOf([], { failures }));
    assert.deepEqual(finding!.tensors, ['x', 'y']);
    assert.match(inEnglish(finding!.what), /^tensor 'x' ends early; 1 more/);
    assert.deepEqual(unreadableTensors(evidenceOf([])), []);
  });

  it('tell a zero B from a zero A and from a zero factor of a structured product', () => {
    const modules = [
      moduleEvidence(),
      moduleEvidence({ info: { layer: 1 }, zeroB: true, zeroA: true }),
      moduleEvidence({ info: { layer: 2 }, zeroA: true }),
      moduleEvidence({ info: { layer: 3, formula: 'w1 ⊗ w2' }, zeroB: true }),
    ];
    assert.deepEqual(found(deadFactors, modules), [
      ['dead_B', ['layers.1.q_proj'], 1],
      ['dead_A', ['layers.2.q_proj'], 1],
      ['dead_product', ['layers.3.q_proj'], 1],
    ]);
    assert.deepEqual(found(deadFactors, [moduleEvidence()]), []);
    assert.deepEqual(found(deadFactors, [moduleEvidence({ finite: false, zeroB: true })]), [], 'NaN is the fault');
  });

  it('say untrained layers in one finding, and that the adapter changes nothing if all are', () => {
    const half = layers(8, (layer) => ({ zeroB: layer >= 5 }));
    assert.deepEqual(text(deadFactors, half), [
      '3 of 8 modules change nothing and were never trained: B is all zero in all modules of layers 5 to 7.',
    ]);
    const none = layers(2, () => ({ zeroB: true }));
    assert.match(text(deadFactors, none)[0]!, /^The adapter changes nothing: B is all zero in all 2 modules/);
    const mixed = layers(2, (layer) => (layer === 0 ? { zeroB: true } : { zeroA: true }));
    assert.deepEqual(
      text(deadFactors, mixed).map((what) => what.startsWith('The adapter changes nothing: 1 of 2')),
      [true, true],
    );
  });

  it('do not say that the adapter changes nothing if it saves a module whole', () => {
    const modules = layers(2, () => ({ zeroB: true }));
    const description = descriptionOf(modules.map(({ info }) => info));
    const saved = { ...description.adapters![0]!, module: 'lm_head', method: 'SAVED' };
    const [finding] = deadFactors(evidenceOf(modules), { ...description, adapters: [...description.adapters!, saved] });
    assert.match(inEnglish(finding!.what), /^All 2 modules with a product change nothing/);
  });

  it('find bit-identical modules, unless they are untrained or share their tensors', () => {
    const same = layers(3, (layer) => ({ fingerprint: layer < 2 ? 'same' : 'other' }));
    assert.deepEqual(found(duplicateModules, same), [['duplicate_module', ['layers.0.q_proj', 'layers.1.q_proj'], 2]]);
    assert.deepEqual(
      found(
        duplicateModules,
        layers(2, (layer) => ({ fingerprint: `${layer}` })),
      ),
      [],
    );
    assert.deepEqual(
      found(
        duplicateModules,
        layers(2, () => ({ fingerprint: 'same', zeroB: true })),
      ),
      [],
    );
    const tied = [0, 1].map((layer) => moduleEvidence({ info: { layer, b: 'tied' }, fingerprint: 'same' }));
    assert.deepEqual(found(duplicateModules, tied), []);
  });

  it('compare a norm with the median of its kind, or of all modules if the kind has few', () => {
    const spread = (factor: number): Float64Array => Float64Array.of(4, 3, 2, 1).map((value) => value * factor);
    const many = layers(6, (layer) => ({ singularValues: spread(layer === 2 ? 20 : 1) }));
    assert.deepEqual(found(normOutlier, many), [['norm_outlier', ['layers.2.q_proj'], 20]]);
    const few = [
      ...layers(2, (layer) => ({ singularValues: spread(layer === 1 ? 30 : 1) })),
      ...['k_proj', 'v_proj'].map((group) => moduleEvidence({ info: { group } })),
    ];
    assert.deepEqual(found(normOutlier, few), [['norm_outlier', ['layers.1.q_proj'], 30]]);
    assert.deepEqual(
      found(
        normOutlier,
        layers(6, (layer) => ({ singularValues: spread(1 + layer) })),
      ),
      [],
    );
    const untrained = layers(6, (layer) => (layer === 0 ? {} : { zeroB: true }));
    assert.deepEqual(found(normOutlier, untrained), [], 'zero norms do not count as peers');
  });

  it('report a rank of which half is unused or more', () => {
    const values = (...singularValues: number[]): ModuleEvidence[] => [
      moduleEvidence({ singularValues: Float64Array.from(singularValues) }),
    ];
    assert.deepEqual(found(unusedRank, values(2, 1, 1e-9, 0)), [['unused_rank', ['layers.0.q_proj'], 2]]);
    assert.deepEqual(found(unusedRank, values(2, 1, 1e-3, 0)), []);
    const narrow = moduleEvidence({ info: { outFeatures: 2 }, singularValues: Float64Array.of(2, 1, 0, 0) });
    assert.deepEqual(found(unusedRank, [narrow]), [], 'two outputs have two directions at most');
    const pruned = moduleEvidence({
      info: { formula: 'B · diag(E) · A' },
      singularValues: Float64Array.of(1, 0, 0, 0),
    });
    assert.deepEqual(found(unusedRank, [pruned]), [], 'AdaLoRA prunes on purpose');
  });

  it('report a change that is almost one direction', () => {
    const spike = moduleEvidence({ singularValues: Float64Array.of(97, 1, 1, 1) });
    assert.deepEqual(found(spectrumSpike, [spike]), [['spectrum_spike', ['layers.0.q_proj'], 0.97]]);
    assert.deepEqual(found(spectrumSpike, [moduleEvidence()]), []);
    const single = moduleEvidence({ info: { rank: 1 }, singularValues: Float64Array.of(97) });
    assert.deepEqual(found(spectrumSpike, [single]), [], 'rank 1 is always one direction');
  });

  it('report changes that a bf16 base would round away', () => {
    const tiny = moduleEvidence({ singularValues: Float64Array.of(3e-4, 0, 0, 0) });
    const [finding] = belowPrecision(evidenceOf([tiny]), descriptionOf([tiny.info]));
    assert.ok(Math.abs(finding!.value! - 3e-4 / Math.sqrt(16 * 32)) < 1e-12, `${finding!.value}`);
    assert.deepEqual([finding!.threshold, finding!.heuristic, finding!.level], [2 ** -15, true, 'info']);
    assert.deepEqual(found(belowPrecision, [moduleEvidence()]), []);
    assert.deepEqual(found(belowPrecision, [moduleEvidence({ zeroB: true, singularValues: null })]), []);
  });

  it('count zero rows of B in trained modules', () => {
    const modules = layers(3, (layer) => ({ zeroRowsOfB: layer, ...(layer === 2 && { zeroB: true }) }));
    assert.deepEqual(found(zeroRows, modules), [['zero_rows_B', ['layers.1.q_proj'], 1]]);
    assert.deepEqual(text(zeroRows, modules), ["1 row of B is exactly zero in 'layers.1.q_proj'."]);
    assert.deepEqual(found(zeroRows, [moduleEvidence()]), []);
  });
});
