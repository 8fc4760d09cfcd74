import { strict as assert } from 'node:assert';
import { memorySource } from '../../../src/checkpoint/byteSource';
import { openSafetensors } from '../../../src/checkpoint/safetensors/openSafetensors';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const CASES: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty file', new Uint8Array(0), /file is empty/],
  [
    'a Git LFS pointer',
    text(`version https://git-lfs.github.com/spec/v1\noid sha256:${'9e'.repeat(32)}\nsize 4998663696\n`),
    /Git LFS pointer.*4,998,663,696 bytes.*git lfs pull/,
  ],
  ['a web page', text('<!DOCTYPE html>\n<html><body>Sign in</body></html>'), /web page/],
  ['a server error', text('{"error":"Access to model is restricted"}'), /JSON text.*Access to model is restricted/],
  ['a GGUF file', Uint8Array.of(0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 0, 0, 0, 0), /GGUF/],
  ['a zip archive', Uint8Array.of(0x50, 0x4b, 3, 4, 0x14, 0, 8, 8, 8, 0), /zip archive.*pickle.*Convert/],
  ['a zip archive without flags', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0), /zip archive.*pickle.*Convert/],
  ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9), /pickle.*arbitrary code.*Convert/],
  ['a gzip archive', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), /gzip/],
  ['zeros', new Uint8Array(4096), /only zeros/],
];

describe('a file that is not a safetensors file', () => {
  for (const [name, bytes, message] of CASES) {
    it(`is refused with the reason if it is ${name}`, async () => {
      await assert.rejects(openSafetensors(memorySource(bytes)), { code: 'NotSafetensors', message });
    });
  }

  it('is not recognised by the length of a broken header', async () => {
    // The first bytes of the lengths 640, 123 and 60 look like those of a pickle, a '{' and a '<'.
    for (const length of [640, 123, 60]) {
      const bytes = new Uint8Array(8 + length).fill(0x20);
      bytes.set([length & 255, length >> 8, 0, 0, 0, 0, 0, 0]);
      await assert.rejects(openSafetensors(memorySource(bytes)), { code: 'InvalidHeaderDeserialization' });
    }
  });

  it('is refused with the fault of its header if its kind is unknown', async () => {
    await assert.rejects(openSafetensors(memorySource(text('garbage of some kind'))), { code: 'HeaderTooLarge' });
  });
});
