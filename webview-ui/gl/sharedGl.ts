/**
 * The page's only WebGL context. Browsers allow about sixteen and drop the oldest without notice, and a view may hold
 * more heatmaps than that. All heatmaps therefore draw here in turn, and each copies its picture to its own 2D canvas.
 * Heatmaps of one matrix also share its textures this way.
 */

import type { Scene } from '../shared/heatmap/renderer';
import { TileProgram } from './tileProgram';

interface SharedGlOptions {
  readonly gpuBytes?: number;
  /**
   * Accepts a context that the browser draws with the processor. By default it is refused: a frame of a million pixels
   * takes it 40 ms of processor time, and the rasteriser, which gives the same pixels, 4 ms.
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
      // The browser never restores the context unless the event is cancelled.
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

  /** False if there is no WebGL2 on a GPU, if the shaders do not compile, or while the context is lost. */
  get works(): boolean {
    return this.program !== null;
  }

  /** Bytes of tiles on the GPU. */
  get tileBytes(): number {
    return this.program?.textures.bytes ?? 0;
  }

  /** Calls back when `works` may have changed and pictures have to be redrawn. Returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Draws the scene over the whole canvas of the context. Returns false, with the canvas unchanged, if it could not.
   */
  paint(scene: Scene, context: CanvasRenderingContext2D): boolean {
    const { gl, program, canvas } = this;
    const { width, height } = context.canvas;
    if (!gl || !program || width === 0 || height === 0) return false;
    // The canvas only grows: heatmaps of several sizes take turns, and each change of size allocates a new buffer.
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    // A browser short of memory allocates less than requested.
    if (gl.drawingBufferWidth < width || gl.drawingBufferHeight < height) return false;
    program.draw(scene, width, height);
    // The event that reports the loss comes later. Until then draws have no effect.
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

/** Some browsers that draw with the processor report no caveat. Their software renderers have few names. */
const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function isSoftware(gl: WebGL2RenderingContext): boolean {
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  return SOFTWARE_RENDERERS.test(String(gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER)));
}

let shared: SharedGl | null = null;

/** The page's context, created on first use. */
export function sharedGl(): SharedGl {
  return (shared ??= new SharedGl());
}
