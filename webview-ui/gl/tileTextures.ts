/** The tiles on the GPU, bounded in bytes; what was drawn least recently goes first. */

import type { PlacedTile } from '../shared/heatmap/renderer';
import { cellTexture } from './program';

/** A 4K screen shows about 150 tiles of 512 KB, values and colours together: two such views, with room to pan. */
const GPU_TILE_BYTES = 192 * 1024 * 1024;
/** Of a cell: its float, one channel, and its colour. */
const CELL_BYTES = 8;

export interface TileTexture {
  /** R32UI, the bits of the floats: as floats, a driver may change NaN on the way. */
  readonly values: WebGLTexture;
  /** RGBA8. */
  readonly colors: WebGLTexture;
  readonly bytes: number;
  /** Key of the colour map that `colors` was drawn with; empty before the first. */
  coloredBy: string;
}

export class TileTextures {
  /** Weak, so that what the page's own cache lets go is not kept alive for the GPU's sake. */
  private readonly byValues = new WeakMap<Float32Array, TileTexture>();
  /** In order of use. */
  private readonly order = new Set<TileTexture>();
  private used = 0;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly limitBytes: number = GPU_TILE_BYTES,
  ) {}

  get bytes(): number {
    return this.used;
  }

  /** Uploads the tile where it is not there. Leaves the active unit's texture as it may be. */
  of(tile: PlacedTile): TileTexture {
    const known = this.byValues.get(tile.values);
    if (known && this.order.delete(known)) {
      this.order.add(known);
      return known;
    }
    const made = this.upload(tile);
    this.byValues.set(tile.values, made);
    this.order.add(made);
    this.used += made.bytes;
    for (const oldest of this.order) {
      if (this.used <= this.limitBytes || oldest === made) break;
      this.order.delete(oldest);
      this.used -= oldest.bytes;
      this.gl.deleteTexture(oldest.values);
      this.gl.deleteTexture(oldest.colors);
    }
    return made;
  }

  private upload({ values, width, height }: PlacedTile): TileTexture {
    const { gl } = this;
    const colors = cellTexture(gl, gl.RGBA8, width, height);
    const texture = cellTexture(gl, gl.R32UI, width, height);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RED_INTEGER, gl.UNSIGNED_INT, bits);
    return { values: texture, colors, bytes: width * height * CELL_BYTES, coloredBy: '' };
  }
}
