/** Encodes canvases as a PNG file. */

class PictureError extends Error {
  override readonly name = 'PictureError';
}

const PADDING = 12;
const TITLE_SIZE = 13;

/** Rejects with `PictureError` if the browser cannot encode the canvas, which happens if it is too large or empty. */
export async function canvasToPng(canvas: HTMLCanvasElement): Promise<Uint8Array> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob)
    throw new PictureError(`a picture of ${canvas.width} x ${canvas.height} pixels could not be encoded as PNG`);
  return new Uint8Array(await blob.arrayBuffer());
}

interface Picture {
  readonly title?: string;
  /** Parts from top to bottom, each already at the screen's resolution. */
  readonly parts: readonly HTMLCanvasElement[];
  readonly background: string;
  readonly foreground: string;
  /** CSS font family. */
  readonly font: string;
}

/** Combines parts, such as a heatmap and its colour bar, under a title on one canvas. */
export function composePicture({ title, parts, background, foreground, font }: Picture): HTMLCanvasElement {
  const scale = window.devicePixelRatio || 1;
  const titleHeight = title ? Math.round((TITLE_SIZE + PADDING) * scale) : 0;
  const padding = Math.round(PADDING * scale);
  const canvas = document.createElement('canvas');
  canvas.width = parts.reduce((widest, part) => Math.max(widest, part.width), 1) + 2 * padding;
  canvas.height = parts.reduce((sum, part) => sum + part.height + padding, padding + titleHeight);
  const context = canvas.getContext('2d');
  if (!context) throw new PictureError(`a canvas of ${canvas.width} x ${canvas.height} pixels could not be made`);
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  let top = padding;
  if (title) {
    context.font = `600 ${TITLE_SIZE * scale}px ${font}`;
    context.fillStyle = foreground;
    context.textBaseline = 'top';
    context.fillText(title, padding, top, canvas.width - 2 * padding);
    top += titleHeight;
  }
  for (const part of parts) {
    context.drawImage(part, padding, top);
    top += part.height + padding;
  }
  return canvas;
}
