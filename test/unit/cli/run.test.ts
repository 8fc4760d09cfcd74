import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { runCli } from '../../../src/cli/run';

describe('peft-inspector', () => {
  it('demo prints the reference document\'s demo to stdout', async () => {
    const { status, stdout, stderr } = await runCli(['demo']);
    const expected = readFileSync('test/fixtures/golden/demo.txt', 'utf8').trimEnd();
    assert.deepEqual([status, stderr, stdout?.replace(/ +/g, ' ')], [0, undefined, expected]);
  });

  it('demo takes a seed, and refuses one that is no number', async () => {
    assert.equal((await runCli(['demo', '--seed', '7'])).status, 0);
    for (const seed of ['x', '', 'NaN', 'Infinity']) {
      const { status, stdout, stderr } = await runCli(['demo', `--seed=${seed}`]);
      assert.deepEqual([status, stdout], [2, undefined]);
      assert.match(stderr!, /--seed: expected a number/);
    }
  });

  it('shows the usage on stderr and gives 2 when it is called wrongly', async () => {
    for (const args of [[], ['nope'], ['--nope'], ['demo', '--nope'], ['demo', 'extra'], ['toString']]) {
      const { status, stdout, stderr } = await runCli(args);
      assert.deepEqual([status, stdout], [2, undefined], args.join(' '));
      assert.match(stderr!, /usage: peft-inspector/);
      assert.doesNotMatch(stderr!, /\n\s+at /, 'no stack trace');
    }
  });

  it('explains itself on stdout when asked to', async () => {
    for (const args of [['--help'], ['-h'], ['help'], ['demo', '--help']]) {
      const { status, stdout } = await runCli(args);
      assert.equal(status, 0);
      assert.match(stdout!, /usage: peft-inspector/);
    }
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.deepEqual(await runCli(['--version']), { status: 0, stdout: version });
  });
});
