/**
 * The works that are measured in this project's engine. The other subjects have the same works under the same names.
 */

import { fstatSync, openSync, read, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { evenBounds, TileScan } from '../../src/tensor/engine/tileScan';
import type { Engine } from '../../src/tensor/engine/engine';
import { dequantizeNf4Resident, quantizeNf4Resident } from '../../src/tensor/engine/nf4';
import type { ResidentNf4 } from '../../src/tensor/engine/nf4';
import { productSingularValues } from '../../src/tensor/engine/spectrum';
import { StatisticsScan } from '../../src/tensor/engine/statisticsScan';
import type { ScanSummary } from '../../src/tensor/engine/moments';
import type { GemmLayout } from '../../src/tensor/gemm';
import { brainFloats, probe, uniform } from './data';
import { scanPieces } from '../../src/matrices/residentPieces';
import type { PieceReader } from '../../src/matrices/residentPieces';
import { ResidentLoraLayer } from './layer';
import { trainingStep } from './training';
import type { Work, WorkArguments } from './work';

const PEAK_CALLS = 100;
/** Bytes read from a file at a time, as in the worker. */
const CHUNK_BYTES = 4 * 2 ** 20;
const SHARES = [0.5, 0.9, 0.95, 0.99, 0.999];

export const WORKS: Readonly<Record<string, (engine: Engine, args: WorkArguments) => Work>> = {
  /** The peak rate: kernel/peak.ts. */
  peak(_engine, args) {
    const module = new WebAssembly.Module(readFileSync(String(args['file'])));
    const { peak } = new WebAssembly.Instance(module, {
      env: { memory: new WebAssembly.Memory({ initial: 1, maximum: 65536 }) },
    }).exports as { peak(turns: number, factor: number, other: number): number };
    return {
      run() {
        // Many short calls, because the optimising compiler takes over only between calls.
        for (let call = 0; call < PEAK_CALLS; call++) peak(Number(args['turns']) / PEAK_CALLS, 0.999, 0.001);
      },
      probe: () => [],
    };
  },

  trainingStep,

  gemm(engine, args) {
    const layout = String(args['layout'] ?? 'NN') as GemmLayout;
    const [m, n, k] = [Number(args['m']), Number(args['n']), Number(args['k'])];
    const [a, b] = [engine.keep(uniform(m * k, 1)), engine.keep(uniform(k * n, 2))];
    const out = engine.allocate(m * n);
    const right = args['packed'] ? engine.pack(layout, n, k, b.address) : b.address;
    return {
      run: () => engine.multiply({ layout, m, n, k, a: a.address, b: right, out: out.address }),
      probe: () => probe(out.data),
    };
  },

  layer(engine, args) {
    const [d, tokens, r] = [Number(args['d']), Number(args['tokens']), Number(args['r'])];
    const [w, a, b] = [engine.keep(uniform(d * d, 1)), engine.keep(uniform(r * d, 2)), engine.keep(uniform(d * r, 3))];
    const [x, grad] = [engine.keep(uniform(tokens * d, 4)), engine.keep(uniform(tokens * d, 5))];
    const layer = new ResidentLoraLayer(engine, w, a, b, tokens, d, r, 16 / r);
    return {
      run() {
        layer.forward(x);
        layer.backward(x, grad);
      },
      probe: () => [layer.out, layer.gradX, layer.gradA, layer.gradB].flatMap(({ data }) => probe(data)),
    };
  },

  moments(engine, args) {
    const codes = brainFloats(Number(args['count']), 7);
    const every = Number(args['nanEvery'] ?? 0);
    for (let i = every; every > 0 && i < codes.length; i += every) codes[i] = 0x7fc0;
    const bytes = new Uint8Array(codes.buffer);
    const resident = engine.allocate(bytes.length / 4);
    engine.arena.bytes(resident.address, bytes.length).set(bytes);
    let summary: ScanSummary | undefined;
    return {
      run() {
        const scan = new StatisticsScan(engine, 'BF16', { momentsOnly: true });
        scan.addResident(resident.address, bytes.length);
        summary = scan.summary();
        scan.free();
      },
      probe: () => summaryProbe(summary!),
    };
  },

  moments32(engine, args) {
    const resident = engine.keep(uniform(Number(args['count']), 7));
    let summary: ScanSummary | undefined;
    return {
      run() {
        const scan = new StatisticsScan(engine, 'F32', { momentsOnly: true });
        scan.addResident(resident.address, resident.length * 4);
        summary = scan.summary();
        scan.free();
      },
      probe: () => summaryProbe(summary!),
    };
  },

  /** Computes statistics, histogram and quantiles of a file in the page cache, as the worker does. */
  fileStatistics(engine, args) {
    const file = openSync(String(args['file']), 'r');
    const { size } = fstatSync(file);
    const readInto = promisify(read);
    const pieces = Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, i) => {
      const rowCount = Math.min(CHUNK_BYTES, size - i * CHUNK_BYTES) / 2;
      return { firstRow: (i * CHUNK_BYTES) / 2, rowCount, firstColumn: 0, columnCount: 1 };
    });
    const reader: PieceReader = {
      bytesOf: ({ rowCount }) => rowCount * 2,
      strideBytes: 2,
      async read({ firstRow, rowCount }, address) {
        await readInto(file, engine.arena.bytes(address, rowCount * 2), 0, rowCount * 2, firstRow * 2);
      },
    };
    let result: number[] = [];
    return {
      async run() {
        const scan = new StatisticsScan(engine, 'BF16');
        await scanPieces(engine, pieces, reader, ({ address, rowCount }) => scan.addResident(address, rowCount * 2));
        const { histogram, absQuantiles } = scan.distribution(256, SHARES)!;
        result = [...summaryProbe(scan.summary()), ...histogram, ...absQuantiles];
        scan.free();
      },
      probe: () => result,
    };
  },

  pool(engine, args) {
    const [rows, columns, side] = [Number(args['rows']), Number(args['columns']), Number(args['side'])];
    const codes = new Uint8Array(brainFloats(rows * columns, 7).buffer);
    const resident = engine.allocate(codes.length / 4);
    engine.arena.bytes(resident.address, codes.length).set(codes);
    const colours = engine.allocate(259);
    engine.arena.uint32(colours.address, 259).set(Uint32Array.from({ length: 259 }, (_, i) => i * 65793));
    const pixels = engine.allocate(side * side);
    return {
      run() {
        const tile = new TileScan(engine, 'BF16', 'maxAbs', evenBounds(rows, side), evenBounds(columns, side));
        tile.addRows(0, rows, resident.address, columns * 2);
        const cells = tile.finish();
        engine.kernels.scan.colourCells(cells.address, side * side, -0.1, 255 / 0.2, colours.address, pixels.address);
        cells.free();
      },
      probe: () => probe(engine.arena.uint32(pixels.address, side * side)),
    };
  },

  nf4Quantize(engine, args) {
    const values = engine.keep(uniform(Number(args['count']), 7));
    let made: ResidentNf4 | undefined;
    return {
      run() {
        made?.codes.free();
        made?.scales.free();
        made = quantizeNf4Resident(engine, values);
      },
      probe: () => probe(engine.arena.bytes(made!.codes.address, values.length / 2)),
    };
  },

  nf4Dequantize(engine, args) {
    const made = quantizeNf4Resident(engine, engine.keep(uniform(Number(args['count']), 7)));
    let back = dequantizeNf4Resident(engine, made);
    return {
      run() {
        back.free();
        back = dequantizeNf4Resident(engine, made);
      },
      probe: () => probe(back.data),
    };
  },

  singularValues(engine, args) {
    const [d, r] = [Number(args['d']), Number(args['r'])];
    const a = { data: engine.keep(uniform(r * d, 2)).data, shape: [r, d] };
    const b = { data: engine.keep(uniform(d * r, 3)).data, shape: [d, r] };
    let values: ArrayLike<number> = [];
    return {
      run() {
        values = productSingularValues(engine, { a, b });
      },
      probe: () => Array.from(values),
    };
  },
};

function summaryProbe(summary: ScanSummary): number[] {
  const { min, max, mean, standardDeviation, norm, l1, maxAbs, zeros, nan, positiveInfinity, negativeInfinity } =
    summary;
  return [min, max, mean, standardDeviation, norm, l1, maxAbs, zeros, nan, positiveInfinity, negativeInfinity];
}
