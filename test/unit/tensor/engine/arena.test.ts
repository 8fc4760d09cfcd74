import { strict as assert } from 'node:assert';
import { Arena, RESERVED_BYTES } from '../../../../src/tensor/engine/arena';
import { Engine, tryCreateEngine } from '../../../../src/tensor/engine/engine';
import { EngineError } from '../../../../src/tensor/engine/engineError';
import { OWN_SCRATCH, WORD } from '../../../../src/tensor/engine/jobTable';
import { productSingularValues } from '../../../../src/tensor/engine/spectrum';
import { scanOperation } from '../../../../src/tensor/engine/thread';
import { seededRandom } from '../../../../src/tensor/random';
import { spawnTestThread } from './engineThreads';

describe('the engine memory', () => {
  it('allocates aligned blocks that never overlap, and merges freed ones', () => {
    const arena = new Arena(false);
    const random = seededRandom(4);
    const live = new Map<number, number>();
    for (let turn = 0; turn < 2000; turn++) {
      if (live.size > 0 && random() < 0.45) {
        const [start] = [...live.keys()].sort(() => random() - 0.5);
        arena.release(start!);
        live.delete(start!);
      } else {
        const bytes = Math.floor(random() * 5000);
        const start = arena.allocate(bytes);
        assert.equal(start % 64, 0);
        assert.ok(start >= RESERVED_BYTES && start + bytes <= arena.memory.buffer.byteLength);
        for (const [other, size] of live) assert.ok(start + bytes <= other || other + size <= start, 'overlap');
        live.set(start, bytes);
      }
    }
    for (const start of live.keys()) arena.release(start);
    assert.equal(arena.usedBytes, 0);
    // Everything is one free block again, so an allocation of the whole memory fits at the start.
    const whole = arena.memory.buffer.byteLength - RESERVED_BYTES - 65536;
    assert.equal(arena.allocate(whole), RESERVED_BYTES);
  });

  it('knows its views after another memory grew, for which V8 replaces the buffers of all of them', () => {
    const arena = new Arena(true);
    const other = new Arena(true);
    for (let turn = 0; turn < 20; turn++) {
      other.allocate(8 * 2 ** 20);
      // Loops and calls are where V8 handles the growth.
      for (let i = 0; i < 1000; i++) arena.release(arena.allocate(64));
      assert.ok(arena.holds(arena.float32(arena.allocate(64), 16).buffer), `turn ${turn}`);
    }
  });

  it('reports a full memory, an address that was never allocated, and a second release', () => {
    const arena = new Arena(false);
    assert.throws(() => arena.allocate(5 * 2 ** 30), EngineError);
    assert.throws(() => arena.allocate(NaN), EngineError);
    assert.throws(() => arena.release(12345), EngineError);
    const start = arena.allocate(10);
    arena.release(start);
    assert.throws(() => arena.release(start), EngineError);
  });

  it('a memory that is not shared may grow during any call', () => {
    const engine = new Engine({ shared: false });
    const size = 128;
    const random = seededRandom(9);
    const factor = (): Float32Array => Float32Array.from({ length: size * size }, () => random() - 0.5);
    const [a, b] = [engine.keep(factor()), engine.keep(factor())];
    for (let turn = 0; turn < 3; turn++) {
      const values = productSingularValues(engine, {
        a: { data: a.data, shape: [size, size] },
        b: { data: b.data, shape: [size, size] },
      });
      assert.ok(values[0]! > 0 && values.every((value) => value <= values[0]!));
      const out = new Float32Array(size * size);
      engine.gemm('NN', size, size, size, a.data, b.data, out);
      assert.ok(out.some((x) => x !== 0));
      // Larger than the memory, which must grow.
      engine.allocate(3_000_000);
      assert.equal(engine.keep(b.data).data[5], b.data[5]);
    }
  });

  it('a freed handle is refused as an operand', () => {
    const engine = new Engine();
    const [x, w, out] = [engine.keep([1, 2]), engine.keep([3, 4]), engine.allocate(1)];
    const packed = engine.pack('NN', 1, 2, w.address);
    packed.free();
    packed.free();
    assert.throws(
      () => engine.multiply({ layout: 'NN', m: 1, n: 1, k: 2, a: x.address, b: packed, out: out.address }),
      /live packed/,
    );
  });
});

describe('engine threads', () => {
  it('that never start leave the work to the caller', () => {
    const engine = new Engine({ threads: 4, spawn: () => ({ terminate: () => undefined }) });
    const out = new Float32Array(512 * 512);
    const ones = new Float32Array(512 * 512).fill(1);
    engine.gemm('NN', 512, 512, 512, ones, ones, out);
    assert.ok(out.every((x) => x === 512));
    engine.dispose();
  });

  it('sleep while there is no work, and go back to sleep after an empty wake-up', async () => {
    const engine = new Engine({ threads: 2, spawn: spawnTestThread });
    const out = new Float32Array(512 * 512);
    const ones = new Float32Array(512 * 512).fill(1);
    for (let turn = 0; turn < 5; turn++) engine.gemm('NN', 512, 512, 512, ones, ones, out);
    const words = engine.arena.int32(0, WORD.signal + 1);
    for (let sleep = 0; sleep < 3; sleep++) {
      // Notifying counts the threads that slept. A thread that polls for work never sleeps, and the runner's limit then
      // ends the test.
      while (Atomics.notify(words, WORD.signal) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    engine.gemm('NN', 512, 512, 512, ones, ones, out);
    assert.ok(out.every((x) => x === 512));
    engine.dispose();
  });

  it('report a kernel that traps, and continue to work', () => {
    const engine = new Engine({ threads: 2, spawn: spawnTestThread });
    const bad = {
      layout: 'NN',
      m: 512,
      n: 512,
      k: 512,
      a: 4_000_000_000,
      b: 4_000_000_000,
      out: 4_000_000_000,
    } as const;
    assert.throws(() => engine.multiply(bad), EngineError);
    const out = new Float32Array(512 * 512);
    const ones = new Float32Array(512 * 512).fill(1);
    engine.gemm('NN', 512, 512, 512, ones, ones, out);
    assert.ok(out.every((x) => x === 512));
    engine.dispose();
  });

  it("take their share: a call writes its own scratch into the other thread's memory", () => {
    const scratches: number[] = [];
    const engine = new Engine({
      threads: 2,
      spawn(data) {
        scratches.push(data.scratch);
        return spawnTestThread(data);
      },
    });
    const marker = engine.keep(new Float32Array(100_000).fill(42));
    const calls = Array.from({ length: 64 }, () => {
      return { operation: scanOperation('decode32'), args: [0, marker.address, marker.length, OWN_SCRATCH, 0] };
    });
    let reached = false;
    // Waits only for the thread to start.
    for (let job = 0; job < 20_000 && !reached; job++) {
      engine.crew.run(calls, engine.scratch);
      reached = engine.arena.float32(scratches[0]!, 1)[0] === 42;
    }
    assert.ok(reached);
    engine.dispose();
  });
});

describe('without WebAssembly SIMD', () => {
  it('there is no engine and no error', () => {
    assert.equal(tryCreateEngine({ builds: [] }), null);
  });
});
