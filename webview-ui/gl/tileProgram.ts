/** Draws scenes with WebGL2 into the top left corner of its context's canvas. Lives as long as the context does. */

import { LUT_SIZE, SMALLEST_LIMIT } from '../shared/colorMap';
import type { ColorMap } from '../shared/colorMap';
import { isDiverging } from '../shared/schemes';
import { tileSteps } from '../shared/heatmap/pixelSteps';
import type { Scene } from '../shared/heatmap/renderer';
import { colorTable } from './colorTable';
import { FRAGMENT_SHADER, VERTEX_SHADER } from './shaders';
import { TileTextures } from './tileTextures';

export class GlError extends Error {
  override readonly name = 'GlError';
}

const UNIFORMS = [
  'cells', 'colors', 'first', 'origin', 'stride', 'last', 'top', 'inverseLimit', 'symlog', 'diverging', 'nonNumbers',
] as const;
const CELLS_UNIT = 0;
const COLORS_UNIT = 1;
/** A product with it stays finite. */
const LARGEST_SCALE = 1e38;
/** Heatmaps of one view seldom have more colour maps; each has 8 KB. */
const COLOR_TABLES = 16;

export class TileProgram {
  readonly textures: TileTextures;
  private readonly places: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;
  /** By the colour map's key, the last used at the end. */
  private readonly tables = new Map<string, WebGLTexture>();

  /** Throws `GlError` where the shaders do not compile. */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    gpuBytes?: number,
  ) {
    this.textures = new TileTextures(gl, gpuBytes);
    const program = link(gl);
    this.places = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)])) as typeof this.places;
    gl.useProgram(program);
    gl.bindVertexArray(gl.createVertexArray());
    gl.uniform1i(this.places.cells, CELLS_UNIT);
    gl.uniform1i(this.places.colors, COLORS_UNIT);
    gl.disable(gl.BLEND);
    gl.disable(gl.DITHER);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
  }

  draw(scene: Scene, width: number, height: number): void {
    const { gl, places } = this;
    const { drawingBufferHeight: bufferHeight } = gl;
    gl.viewport(0, bufferHeight - height, width, height);
    gl.scissor(0, bufferHeight - height, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform1i(places.top, bufferHeight - 1);
    this.setColors(scene.colorMap);
    for (const tile of scene.tiles) {
      const steps = tileSteps(scene, tile, width, height);
      if (!steps) continue;
      const { across, down } = steps;
      gl.activeTexture(gl.TEXTURE0 + CELLS_UNIT);
      this.textures.bind(tile);
      gl.scissor(across.first, bufferHeight - down.first - down.count, across.count, down.count);
      gl.uniform2i(places.first, across.first, down.first);
      gl.uniform2ui(places.origin, across.origin, down.origin);
      gl.uniform2ui(places.stride, across.step, down.step);
      gl.uniform2ui(places.last, across.last, down.last);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }

  private setColors(map: ColorMap): void {
    const { gl, places } = this;
    const { scheme, scale, limit } = map.settings;
    gl.activeTexture(gl.TEXTURE0 + COLORS_UNIT);
    gl.bindTexture(gl.TEXTURE_2D, this.tableOf(map));
    gl.uniform1f(places.inverseLimit, Math.min(LARGEST_SCALE, 1 / Math.max(limit, SMALLEST_LIMIT)));
    gl.uniform1i(places.symlog, Number(scale === 'symlog'));
    gl.uniform1i(places.diverging, Number(isDiverging(scheme)));
    gl.uniform3ui(places.nonNumbers, map.nan, map.positiveInfinity, map.negativeInfinity);
  }

  private tableOf(map: ColorMap): WebGLTexture {
    const { gl, tables } = this;
    const known = tables.get(map.key);
    const texture = known ?? gl.createTexture();
    tables.delete(map.key);
    tables.set(map.key, texture);
    if (known) return known;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32UI, LUT_SIZE, 1, 0, gl.RGBA_INTEGER, gl.UNSIGNED_INT, colorTable(map));
    for (const [key, oldest] of tables) {
      if (tables.size <= COLOR_TABLES) break;
      tables.delete(key);
      gl.deleteTexture(oldest);
    }
    return texture;
  }
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  const shaders = ([[gl.VERTEX_SHADER, VERTEX_SHADER], [gl.FRAGMENT_SHADER, FRAGMENT_SHADER]] as const).map(([type, source]) => {
    const shader = gl.createShader(type);
    if (!shader) throw new GlError('the context was lost before its shaders were made');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    return shader;
  });
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) {
    const logs = [gl.getProgramInfoLog(program), ...shaders.map((shader) => gl.getShaderInfoLog(shader))];
    throw new GlError(`the heatmap's shaders do not link: ${logs.filter(Boolean).join(' ') || 'no reason given'}`);
  }
  for (const shader of shaders) gl.deleteShader(shader);
  return program;
}
