/** The tiles on the GPU, limited in bytes; those drawn least recently go first. */

import { LruCache } from '../../src/protocol/lruCache';
import type { PlacedTile } from '../shared/heatmap/renderer';
import { cellTexture } from './program';

/**
 * A 4K screen shows about 150 tiles of 512 KB, values and colours together. This is two such views, with room to pan.
 */
const GPU_TILE_BYTES = 192 * 1024 * 1024;
/** Bytes per cell: its float, one channel, and its colour. */
const CELL_BYTES = 8;

export interface TileTexture {
  /** R32UI, the bits of the floats: in a float texture a driver may change NaN. */
  readonly values: WebGLTexture;
  /** RGBA8. */
  readonly colors: WebGLTexture;
  readonly bytes: number;
  /** Key of the colour map that `colors` was drawn with. Empty before the first draw. */
  coloredBy: string;
}

export class TileTextures {
  /** Weak, so that a texture does not keep alive the values that the page's own cache has let go. */
  private readonly byValues = new WeakMap<Float32Array, TileTexture>();
  private readonly kept: LruCache<TileTexture, TileTexture>;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    limitBytes: number = GPU_TILE_BYTES,
  ) {
    const dropped = ({ values, colors }: TileTexture): void => {
      gl.deleteTexture(values);
      gl.deleteTexture(colors);
    };
    this.kept = new LruCache(limitBytes, { sizeOf: ({ bytes }) => bytes, keepsNewest: true, dropped });
  }

  get bytes(): number {
    return this.kept.size;
  }

  /** Uploads the tile unless it is on the GPU. May change the texture bound to the active unit. */
  of(tile: PlacedTile): TileTexture {
    const known = this.byValues.get(tile.values);
    if (known && this.kept.get(known)) return known;
    const made = this.upload(tile);
    this.byValues.set(tile.values, made);
    this.kept.set(made, made);
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
