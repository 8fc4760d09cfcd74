/** The tiles on the GPU: one channel each, bounded in bytes; what was drawn least recently goes first. */

import type { PlacedTile } from '../shared/heatmap/renderer';

/** A view asks for 512 tiles of 256 KB at most (MAX_TILES_IN_VIEW), and draws coarser ones beneath until they come. */
export const GPU_TILE_BYTES = 160 * 1024 * 1024;

interface Kept {
  readonly texture: WebGLTexture;
  readonly bytes: number;
}

export class TileTextures {
  /** Weak, so that what the page's own cache lets go is not kept alive for the GPU's sake. */
  private readonly byValues = new WeakMap<Float32Array, Kept>();
  /** In order of use. */
  private readonly order = new Set<Kept>();
  private used = 0;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly limitBytes: number = GPU_TILE_BYTES,
  ) {}

  get bytes(): number {
    return this.used;
  }

  get count(): number {
    return this.order.size;
  }

  /** Binds the tile's texture to the active unit; uploads it where it is not there. */
  bind({ values, width, height }: PlacedTile): void {
    const { gl } = this;
    const known = this.byValues.get(values);
    if (known && this.order.delete(known)) {
      this.order.add(known);
      gl.bindTexture(gl.TEXTURE_2D, known.texture);
      return;
    }
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R32UI, width, height);
    // The floats' bits: as floats, a driver may change NaN on the way.
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RED_INTEGER, gl.UNSIGNED_INT, bits);
    const kept = { texture, bytes: values.byteLength };
    this.byValues.set(values, kept);
    this.order.add(kept);
    this.used += kept.bytes;
    for (const oldest of this.order) {
      if (this.used <= this.limitBytes || oldest === kept) break;
      this.order.delete(oldest);
      this.used -= oldest.bytes;
      gl.deleteTexture(oldest.texture);
    }
  }
}
