/**
 * The part of the matrix that a heatmap shows, and the part it is going to show. Every step (zoom, pan, a jump to a
 * cell) starts from the target, so that steps faster than the animation add up. No DOM.
 */

import { Glide } from '../glide';
import type { FrameClock } from '../glide';
import type { CellPosition, Viewport, ViewMove } from './types';
import {
  blendViewports,
  centreOnCell,
  clampViewport,
  fitViewport,
  sameViewport,
  scrollToCell,
  zoomViewport,
} from './viewport';
import type { MatrixSize, PlotSize } from './viewport';

interface CameraEvents {
  /** The view has to be redrawn. */
  changed(): void;
  /** The user moved the view. Called for every frame of an animation, and once before the first. */
  moved(move: ViewMove): void;
}

export class Camera {
  /** The directions that zoom and pan. */
  zoomable = { x: true, y: true };
  private matrix: MatrixSize = { rows: 1, columns: 1 };
  private box: PlotSize = { width: 0, height: 0 };
  /** `null` while the whole matrix is shown, so that it stays whole when the box is resized. */
  private chosen: Viewport | null = null;
  /** The target of another camera that this one follows frame by frame, or `null` if it follows none. */
  private followed: Viewport | null = null;
  /** The move that listeners know already. They are called for changes only. */
  private told: ViewMove = { shown: this.fit, target: this.fit };
  private readonly glide: Glide<Viewport>;

  constructor(
    private readonly events: CameraEvents,
    clock: FrameClock,
  ) {
    this.glide = new Glide(clock, blendViewports, (viewport) => this.show(viewport));
  }

  get size(): MatrixSize {
    return this.matrix;
  }

  get plot(): PlotSize {
    return this.box;
  }

  /** What is on the screen now, in entries. */
  get viewport(): Viewport {
    return this.chosen ?? this.fit;
  }

  /** What is on the screen once the view has come to rest, in entries. */
  get target(): Viewport {
    return this.glide.target ?? this.followed ?? this.viewport;
  }

  /** True if the view rests on the whole matrix, or is going to. */
  get whole(): boolean {
    return sameViewport(this.target, this.fit);
  }

  /** Shows a matrix of another size whole. Returns whether the size changed. */
  setSize(size: MatrixSize): boolean {
    const same = size.rows === this.matrix.rows && size.columns === this.matrix.columns;
    this.matrix = size;
    if (!same) this.set(null);
    return !same;
  }

  setPlot(plot: PlotSize): void {
    this.box = plot;
    if (this.chosen) this.chosen = this.clamped(this.chosen);
  }

  /** Sets the view at once and without an event. `null` shows the whole matrix. */
  set(viewport: Viewport | null): void {
    this.rest();
    this.chosen = viewport && this.clamped(viewport);
    this.told = this.move;
    this.events.changed();
  }

  /** Takes one frame of another camera's move. A step taken here meanwhile starts from that camera's target. */
  follow({ shown, target }: ViewMove): void {
    this.set(shown);
    if (sameViewport(shown, target)) return;
    this.followed = this.clamped(target);
    this.told = this.move;
  }

  /** Ends an animation at its target. */
  settle(): void {
    this.jumpTo(this.target);
  }

  /** Moves the view for the user, without an animation. */
  jumpTo(viewport: Viewport): void {
    this.rest();
    this.show(viewport);
  }

  /** Moves the view for the user, with an animation unless the reader asked for none. */
  glideTo(viewport: Viewport): void {
    const from = this.viewport;
    this.followed = null;
    this.glide.to(from, this.clamped(viewport));
    // Listeners hear of the target now, even if no frame comes for a while.
    this.tell();
  }

  glideToWhole(): void {
    this.glideTo(this.fit);
  }

  /** Zooms by a factor about a cell, which stays in view, or about the centre of the view. */
  zoomBy(factor: number, about: CellPosition | null): void {
    const { target, zoomable } = this;
    const middle = { x: (target.x0 + target.x1) / 2, y: (target.y0 + target.y1) / 2 };
    const anchor = about ? { x: about.column + 0.5, y: about.row + 0.5 } : middle;
    const factors = { x: zoomable.x ? factor : 1, y: zoomable.y ? factor : 1 };
    const zoomed = zoomViewport(target, factors, anchor, this.matrix, this.box);
    // The centre of the cell stays in place. At an edge of the picture that would leave half of the cell outside.
    this.glideTo(about ? scrollToCell(zoomed, about, this.matrix) : zoomed);
  }

  /** Brings a cell into view by the smallest move. An animation continues if the cell is in view at its end. */
  scrollTo(cell: CellPosition): void {
    const { target } = this;
    const scrolled = scrollToCell(target, cell, this.matrix);
    if (!sameViewport(scrolled, target)) this.jumpTo(scrolled);
  }

  /** Brings a cell to the centre, large enough to be seen. */
  centreOn(cell: CellPosition): void {
    this.jumpTo(centreOnCell(this.target, cell, this.matrix, this.box, this.zoomable));
  }

  dispose(): void {
    this.glide.cancel();
  }

  private get fit(): Viewport {
    return fitViewport(this.matrix);
  }

  private clamped(viewport: Viewport): Viewport {
    return clampViewport(viewport, this.matrix, this.box);
  }

  private rest(): void {
    this.glide.cancel();
    this.followed = null;
  }

  private show(viewport: Viewport): void {
    const next = this.clamped(viewport);
    const still = sameViewport(next, this.viewport);
    this.chosen = sameViewport(next, this.fit) ? null : next;
    if (!still) this.events.changed();
    this.tell();
  }

  private get move(): ViewMove {
    return { shown: this.viewport, target: this.target };
  }

  private tell(): void {
    const { move, told } = this;
    if (sameViewport(move.shown, told.shown) && sameViewport(move.target, told.target)) return;
    this.told = move;
    this.events.moved(move);
  }
}
