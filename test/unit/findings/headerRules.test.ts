import { strict as assert } from 'node:assert';
import type { AdapterTargets } from '../../../src/checkpoint/sourceDescription';
import { headerReport } from '../../../src/findings/findingsReport';
import { headerProblems } from '../../../src/findings/headerProblems';
import { missingHalf } from '../../../src/findings/missingHalf';
import { rsloraAlpha } from '../../../src/findings/rsloraAlpha';
import { scalings } from '../../../src/findings/scalings';
import { inEnglish } from '../../../src/findings/sentence';
import { unmatchedTargets } from '../../../src/findings/targets';
import { descriptionOf, moduleInfo } from './evidenceFixtures';

const HALF = { b: '', unavailable: 'the B half (up) is missing' };

describe('the findings of a header', () => {
  it('pass on each problem of the file as a sentence, and say which module or tensor it is about', () => {
    const problems = [
      { severity: 'error', message: 'the tensors need 8 bytes', subject: 'layers.0.q_proj.lora_A.weight' },
      { severity: 'warning', message: "'layers.0.q_proj': odd.", subject: 'layers.0.q_proj' },
    ] as const;
    const info = moduleInfo();
    const tensor = { name: info.a, dtype: 'F32', shape: [4, 16], bytes: 256, readable: true };
    const found = headerProblems(descriptionOf([info], { problems, tensors: [tensor] }));
    assert.deepEqual(
      found.map(({ code, level, modules, tensors, what }) => [code, level, modules, tensors, inEnglish(what)]),
      [
        ['structure', 'error', [], [info.a], 'The tensors need 8 bytes.'],
        ['structure', 'warning', [info.module], [], "'layers.0.q_proj': odd."],
      ],
    );
    assert.deepEqual(headerProblems(descriptionOf([info])), []);
  });

  it('report a contradicted config under its own code, even for a module with a missing half', () => {
    const info = moduleInfo(HALF);
    const problems = [
      { severity: 'warning', message: 'x: the B half (up) is missing', subject: info.module },
      { severity: 'warning', code: 'config_mismatch', message: 'rank 4, the config says 16', subject: info.module },
    ] as const;
    assert.deepEqual(
      headerProblems(descriptionOf([info], { problems })).map(({ code }) => code),
      ['config_mismatch'],
    );
  });

  it('name the missing half of a pair once for all modules', () => {
    const lora = [0, 1, 2].map((layer) => moduleInfo({ layer, ...(layer > 0 && HALF) }));
    const [found, ...others] = missingHalf(descriptionOf(lora));
    assert.deepEqual([found!.level, found!.modules, others], ['error', ['layers.1.q_proj', 'layers.2.q_proj'], []]);
    assert.equal(inEnglish(found!.what), 'The B half (up) of all modules of layers 1 to 2 is missing.');
    assert.deepEqual(missingHalf(descriptionOf([moduleInfo({ unavailable: 'not 2-D' })])), []);
  });

  it('refuse scalings of zero and those that are not finite, and doubt negative ones', () => {
    const found = (scaling: number): unknown =>
      scalings(descriptionOf([moduleInfo({ scaling })])).map(({ code, level }) => [code, level]);
    assert.deepEqual(found(0), [['scaling_zero', 'error']]);
    assert.deepEqual(found(NaN), [['scaling_nonfinite', 'error']]);
    assert.deepEqual(found(-1), [['scaling_negative', 'warning']]);
    assert.deepEqual(found(2), []);
  });

  it('point at a large scaling only if it is alpha over the root of the rank', () => {
    const found = (changes: object): unknown =>
      rsloraAlpha(descriptionOf([moduleInfo(changes)])).map(({ value, threshold, heuristic }) => [
        value,
        threshold,
        heuristic,
      ]);
    assert.deepEqual(found({ rank: 16, alpha: 32, scaling: 8 }), [[8, 4, true]]);
    assert.deepEqual(found({ rank: 16, alpha: 16, scaling: 4 }), [], 'alpha = r at rank 16');
    assert.deepEqual(found({ rank: 16, alpha: 128, scaling: 8 }), [], 'alpha / r');
  });

  it('list what the config targets and the file lacks', () => {
    const settings: AdapterTargets = {
      targetModules: ['q_proj', 'k_proj', 'v_proj'],
      targetPattern: null,
      targetParameters: [],
      excludedModules: ['v_proj'],
      modulesToSave: ['lm_head', 'classifier'],
    };
    const texts = unmatchedTargets(descriptionOf([moduleInfo()], { settings })).map(({ what }) => inEnglish(what));
    assert.deepEqual(texts, [
      "target_modules 'k_proj' in adapter_config.json matches no module of the file.",
      "modules_to_save 'lm_head' in adapter_config.json matches no module of the file.",
    ]);
    const pattern = { ...settings, targetModules: [], modulesToSave: [], targetPattern: String.raw`.*\.q_proj` };
    assert.deepEqual(unmatchedTargets(descriptionOf([moduleInfo()], { settings: pattern })), []);
    const none = { ...pattern, targetPattern: String.raw`.*\.o_proj` };
    assert.equal(unmatchedTargets(descriptionOf([moduleInfo()], { settings: none })).length, 1);
  });

  it('come errors first, and say that no value was read', () => {
    const problems = [{ severity: 'info', message: 'a note' }] as const;
    const tensors = [{ name: 'x', dtype: 'F32', shape: [1], bytes: 4, readable: true }];
    const report = headerReport(descriptionOf([moduleInfo({ scaling: 0 })], { problems, tensors }));
    assert.deepEqual(
      report.findings.map(({ level }) => level),
      ['error', 'info'],
    );
    assert.equal(report.read, 'header');
    assert.match(inEnglish(report.notCovered[0]!), /^Values: only the header was read/);
  });
});
