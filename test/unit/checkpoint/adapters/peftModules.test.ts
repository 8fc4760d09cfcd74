import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { describeShapes } from '../describeFile';
import { fixturePath } from '../fixtures';

/** Adapters that PEFT 0.21.0 made and saved, with the library's own description of their modules. */
interface Made {
  readonly case: string;
  readonly config: object;
  readonly parameters: number;
  readonly tensors: Readonly<Record<string, readonly [string, readonly number[]]>>;
  readonly modules: readonly {
    readonly module: string;
    readonly experts?: number;
    readonly rank?: number;
    readonly alpha?: number;
    readonly scaling?: number;
  }[];
}

const made = JSON.parse(readFileSync(fixturePath('golden', 'peft_modules.json'), 'utf8')) as readonly Made[];
/** Adapters whose tensors show no rank per module: LoKr's factors may be whole, and TinyLoRA stores a vector. */
const WITHOUT_RANK: ReadonlySet<string> = new Set(['lokr', 'tinylora']);
/** Uni-LoRA saves only one vector for all modules. */
const SHARED_ALONE = 'unilora';

function shapesOf({ tensors }: Made): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, [, shape]]) => [name, shape]));
}

describe('the modules of adapters that PEFT made', () => {
  for (const adapter of made) {
    it(`have the rank, alpha and scaling of PEFT in ${adapter.case}`, () => {
      const { adapters, unexplained, parameters } = describeShapes(shapesOf(adapter), adapter.config);
      assert.deepEqual(unexplained, []);
      assert.equal(parameters, adapter.parameters);
      assert.equal(
        adapters!.reduce((sum, module) => sum + module.parameters, 0),
        adapter.parameters,
      );
      const found = new Map(adapters!.map((module) => [module.module, module]));
      for (const { module, experts, rank, alpha, scaling } of adapter.case === SHARED_ALONE ? [] : adapter.modules) {
        const ours = found.get(module);
        assert.ok(ours, `${module} is missing among ${[...found.keys()].join(', ')}`);
        if (experts !== undefined) assert.equal(ours.experts, experts, module);
        if (rank !== undefined && !WITHOUT_RANK.has(adapter.case)) assert.equal(ours.rank, rank, `${module}: rank`);
        if (alpha !== undefined) assert.equal(ours.alpha, alpha, `${module}: alpha`);
        if (scaling !== undefined)
          assert.ok(Math.abs(ours.scaling! - scaling) < 1e-9, `${module}: scaling ${ours.scaling}, PEFT ${scaling}`);
      }
    });
  }

  it('have a product with a shared A only if their inputs are known to have the same width', () => {
    const vera = (names: readonly string[]) => {
      const modules = names.flatMap((name) => [
        [`base_model.model.${name}.vera_lambda_b`, [16]],
        [`base_model.model.${name}.vera_lambda_d`, [4]],
      ]);
      const shared = [
        ['base_model.vera_A', [4, 24]],
        ['base_model.vera_B', [16, 4]],
      ];
      return describeShapes(Object.fromEntries([...modules, ...shared]), { peft_type: 'VERA', r: 4 });
    };
    const alike = vera(['layers.0.q_proj', 'layers.0.v_proj', 'layers.1.q_proj']);
    assert.deepEqual(
      alike.lora.map(({ unavailable }) => unavailable),
      [undefined, undefined, undefined],
    );
    const mixed = vera(['layers.0.q_proj', 'layers.0.down_proj']);
    for (const { unavailable } of mixed.lora) assert.match(unavailable!, /several widths/);
    assert.ok(mixed.problems.every(({ severity }) => severity === 'info'));
  });
});
