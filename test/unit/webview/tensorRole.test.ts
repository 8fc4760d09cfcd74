import { strict as assert } from 'node:assert';
import { roleText, tensorRoles } from '../../../webview-ui/inspector/data/tensorRole';
import { listedTensors } from '../../../webview-ui/inspector/data/tensorList';
import { tensorSubject } from '../../../webview-ui/inspector/data/subject';
import { describeShapes } from '../checkpoint/describeFile';

const description = describeShapes(
  {
    'base_model.model.q.hada_w1_a': [8, 2],
    'base_model.model.q.hada_w1_b': [2, 6],
    'base_model.model.q.hada_w2_a': [8, 2],
    'base_model.model.q.hada_w2_b': [2, 6],
    'base_model.model.k.ia3_l': [4, 1],
  },
  { peft_type: 'LOHA', r: 2, alpha: 4 },
);
const [w1a] = description.tensors;
const vector = description.tensors.find(({ name }) => name.endsWith('ia3_l'))!;

describe('a tensor of an adapter', () => {
  const roles = tensorRoles(description);

  it('states its purpose, its module, and what its dimensions count', () => {
    assert.equal(roleText(roles.get(w1a!.name)!, w1a!), 'left factor of the first product of q: 8 (out) × 2 (rank)');
    assert.equal(roleText(roles.get(vector.name)!, vector), 'scaling vector of k: 4 (out) × 1');
  });

  it('is found by its purpose', () => {
    const found = listedTensors(description.tensors, 'scaling vector', 'file', undefined, roles);
    assert.deepEqual(
      found.map(({ name }) => name),
      [vector.name],
    );
    assert.deepEqual(listedTensors(description.tensors, 'scaling vector', 'file'), []);
  });

  it('is requested transposed if it is stored transposed', () => {
    const subject = tensorSubject(w1a!, { transposed: true });
    assert.deepEqual([subject.rows, subject.columns], [2, 8]);
    assert.deepEqual(subject.matrix, { kind: 'tensor', name: w1a!.name, transposed: true });
  });
});
