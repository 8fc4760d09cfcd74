/**
 * The page's one WebGL context. Browsers allow about sixteen and drop the oldest without asking, and a view may hold more
 * heatmaps than that; so all draw here, one after the other, and each copies its picture to a 2D canvas of its own. That
 * also lets heatmaps of one matrix share its textures.
 */

import type { Scene } from '../shared/heatmap/renderer';
import { TileProgram } from './tileProgram';

interface SharedGlOptions {
  readonly gpuBytes?: number;
  /**
   * Takes a context that the browser draws with the processor. By default that counts as none: it takes 40 ms of processor
   * time for a frame of a million pixels, and the rasteriser, which gives the same pixels, 4.
   */
  readonly software?: boolean;
}

export class SharedGl {
  readonly canvas = document.createElement('canvas');
  private readonly gl: WebGL2RenderingContext | null;
  private program: TileProgram | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: SharedGlOptions = {}) {
    this.canvas.width = this.canvas.height = 1;
    this.canvas.addEventListener('webglcontextlost', (event) => {
      // Without this the browser never restores it.
      event.preventDefault();
      this.program = null;
      this.tell();
    });
    this.canvas.addEventListener('webglcontextrestored', () => {
      this.start();
      this.tell();
    });
    const failIfMajorPerformanceCaveat = options.software !== true;
    const wanted = { alpha: true, antialias: false, depth: false, stencil: false, failIfMajorPerformanceCaveat };
    const gl = this.canvas.getContext('webgl2', wanted) as WebGL2RenderingContext | null;
    this.gl = gl && (options.software === true || !isSoftware(gl)) ? gl : null;
    this.start();
  }

  /** False without WebGL2 on a GPU, where its shaders do not compile, and while the context is lost. */
  get works(): boolean {
    return this.program !== null;
  }

  /** Bytes of tiles on the GPU. */
  get tileBytes(): number {
    return this.program?.textures.bytes ?? 0;
  }

  /** Calls back when `works` may have changed: pictures are to be drawn anew. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Draws the scene over the whole canvas of the context. False where it did not, and the canvas is as it was. */
  paint(scene: Scene, context: CanvasRenderingContext2D): boolean {
    const { gl, program, canvas } = this;
    const { width, height } = context.canvas;
    if (!gl || !program || width === 0 || height === 0) return false;
    // It only grows: heatmaps of several sizes take turns, and each change of size is a new buffer.
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    // A browser short of memory gives less than was asked for.
    if (gl.drawingBufferWidth < width || gl.drawingBufferHeight < height) return false;
    program.draw(scene, width, height);
    // The event that tells of the loss comes later; until then draws do nothing.
    if (gl.isContextLost()) return false;
    context.globalCompositeOperation = 'copy';
    context.drawImage(canvas, 0, 0, width, height, 0, 0, width, height);
    return true;
  }

  private start(): void {
    try {
      this.program = this.gl && !this.gl.isContextLost() ? new TileProgram(this.gl, this.options.gpuBytes) : null;
    } catch (error) {
      console.warn(`Heatmaps are drawn without WebGL: ${error instanceof Error ? error.message : String(error)}`);
      this.program = null;
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Browsers that draw with the processor do not all count it as a caveat; the names of what they draw with are few. */
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function isSoftware(gl: WebGL2RenderingContext): boolean {
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  return SOFTWARE_RENDERERS.test(String(gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

let shared: SharedGl | null = null;

/** Made when first asked for. */
export function sharedGl(): SharedGl {
  return (shared ??= new SharedGl());
}
