/** Colours tiles on the GPU. Only the table of the colour map is uploaded for it. */

import { LUT_SIZE, SMALLEST_LIMIT } from '../shared/colorMap';
import type { ColorMap } from '../shared/colorMap';
import { isDiverging } from '../shared/schemes';
import type { PlacedTile } from '../shared/heatmap/renderer';
import { colorTable } from './colorTable';
import { cellTexture, linkProgram } from './program';
import { COLOR_SHADER } from './shaders';
import type { TileTexture } from './tileTextures';

const CELLS_UNIT = 0;
const COLORS_UNIT = 1;
/** The product of any finite float with it is finite. */
const LARGEST_SCALE = 1e38;
/** Heatmaps of one view seldom have more colour maps. Each takes 8 KB. */
const COLOR_TABLES = 16;

export class ColorPass {
  private readonly pass;
  private readonly target: WebGLFramebuffer;
  /** Textures by the key of their colour map, the last used at the end. */
  private readonly tables = new Map<string, WebGLTexture>();

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.pass = linkProgram(gl, COLOR_SHADER, ['cells', 'colors', 'inverseLimit', 'symlog', 'diverging', 'nonNumbers']);
    this.target = gl.createFramebuffer();
  }

  /** Draws the tile's colours unless they are up to date. Changes the program, the viewport and the bindings. */
  run({ width, height }: PlacedTile, texture: TileTexture, map: ColorMap): void {
    if (texture.coloredBy === map.key) return;
    const { gl } = this;
    gl.useProgram(this.pass.program);
    this.setColors(map);
    gl.activeTexture(gl.TEXTURE0 + CELLS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, texture.values);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture.colors, 0);
    gl.disable(gl.SCISSOR_TEST);
    gl.viewport(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.enable(gl.SCISSOR_TEST);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, null, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    texture.coloredBy = map.key;
  }

  private setColors(map: ColorMap): void {
    const { gl } = this;
    const { at } = this.pass;
    const { scheme, scale, limit } = map.settings;
    gl.activeTexture(gl.TEXTURE0 + COLORS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, this.tableOf(map));
    gl.uniform1i(at.cells, CELLS_UNIT);
    gl.uniform1i(at.colors, COLORS_UNIT);
    gl.uniform1f(at.inverseLimit, Math.min(LARGEST_SCALE, 1 / Math.max(limit, SMALLEST_LIMIT)));
    gl.uniform1i(at.symlog, Number(scale === 'symlog'));
    gl.uniform1i(at.diverging, Number(isDiverging(scheme)));
    gl.uniform3ui(at.nonNumbers, map.nan, map.positiveInfinity, map.negativeInfinity);
  }

  private tableOf(map: ColorMap): WebGLTexture {
    const { gl, tables } = this;
    const known = tables.get(map.key);
    const texture = known ?? cellTexture(gl, gl.RGBA32UI, LUT_SIZE, 1);
    tables.delete(map.key);
    tables.set(map.key, texture);
    if (known) return known;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, LUT_SIZE, 1, gl.RGBA_INTEGER, gl.UNSIGNED_INT, colorTable(map));
    for (const [key, oldest] of tables) {
      if (tables.size <= COLOR_TABLES) break;
      tables.delete(key);
      gl.deleteTexture(oldest);
    }
    return texture;
  }
}
