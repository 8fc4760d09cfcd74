/** Draws scenes with WebGL2 into the top left corner of its context's canvas. Lives as long as the context. */

import type { ColorMap } from '../shared/colorMap';
import { tileSteps } from '../shared/heatmap/pixelSteps';
import type { PlacedTile, Scene } from '../shared/heatmap/renderer';
import { ColorPass } from './colorPass';
import { linkProgram } from './program';
import { PLACE_SHADER } from './shaders';
import { TileTextures } from './tileTextures';
import type { TileTexture } from './tileTextures';

export class TileProgram {
  readonly textures: TileTextures;
  private readonly coloring: ColorPass;
  private readonly placing;

  /** Throws `GlError` if the shaders do not compile. */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    gpuBytes?: number,
  ) {
    this.textures = new TileTextures(gl, gpuBytes);
    this.coloring = new ColorPass(gl);
    this.placing = linkProgram(gl, PLACE_SHADER, ['colored', 'first', 'origin', 'stride', 'last', 'top']);
    gl.bindVertexArray(gl.createVertexArray());
    gl.disable(gl.BLEND);
    gl.disable(gl.DITHER);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
  }

  draw(scene: Scene, width: number, height: number): void {
    const { gl } = this;
    const { program, at } = this.placing;
    const bufferHeight = gl.drawingBufferHeight;
    const tiles = scene.tiles.flatMap((tile) => {
      const steps = tileSteps(scene, tile, width, height);
      return steps ? [{ tile, steps }] : [];
    });
    // All tiles are coloured before the first is placed: a GPU that alternates between two targets is slow.
    for (const { tile } of tiles) this.colored(tile, scene.colorMap);
    gl.viewport(0, bufferHeight - height, width, height);
    gl.scissor(0, bufferHeight - height, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const { tile, steps } of tiles) {
      // Tiles are coloured again here if the view has more than fit on the GPU.
      const { colors } = this.colored(tile, scene.colorMap);
      const { across, down } = steps;
      gl.useProgram(program);
      gl.viewport(0, bufferHeight - height, width, height);
      gl.scissor(across.first, bufferHeight - down.first - down.count, across.count, down.count);
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, colors);
      gl.uniform1i(at.colored, 0);
      gl.uniform1i(at.top, bufferHeight - 1);
      gl.uniform2i(at.first, across.first, down.first);
      gl.uniform2ui(at.origin, across.origin, down.origin);
      gl.uniform2ui(at.stride, across.step, down.step);
      gl.uniform2ui(at.last, across.last, down.last);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }

  private colored(tile: PlacedTile, map: ColorMap): TileTexture {
    const texture = this.textures.of(tile);
    this.coloring.run(tile, texture, map);
    return texture;
  }
}
