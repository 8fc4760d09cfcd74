/** Paints an SVG drawing of lines, paths, rectangles and text on a canvas, as the page shows it, for saved pictures. */

/**
 * The transform of the context sets the origin of the drawing and the size of a CSS px. Only the elements of axes and
 * charts are supported. Images, gradients and clip paths are omitted.
 */
export function paintSvg(context: CanvasRenderingContext2D, svg: SVGSVGElement): void {
  for (const element of svg.querySelectorAll<SVGGraphicsElement>('path, line, rect, circle, text')) {
    const style = getComputedStyle(element);
    const place = element.getCTM();
    if (!place || isHidden(element, svg)) continue;
    context.save();
    context.globalAlpha = opacityWithin(element, svg);
    context.transform(place.a, place.b, place.c, place.d, place.e, place.f);
    if (element instanceof SVGTextElement) paintText(context, element, style);
    else paintShape(context, shapeOf(element), style);
    context.restore();
  }
}

function isHidden(element: Element, root: Element): boolean {
  for (let at: Element | null = element; at && at !== root; at = at.parentElement) {
    if (getComputedStyle(at).display === 'none') return true;
  }
  return getComputedStyle(element).visibility === 'hidden';
}

function opacityWithin(element: Element, root: Element): number {
  let opacity = 1;
  for (let at: Element | null = element; at && at !== root; at = at.parentElement) {
    opacity *= Number(getComputedStyle(at).opacity);
  }
  return opacity;
}

function shapeOf(element: SVGGraphicsElement): Path2D {
  const number = (name: string): number => Number(element.getAttribute(name) ?? 0);
  const path = new Path2D(element instanceof SVGPathElement ? (element.getAttribute('d') ?? '') : '');
  if (element instanceof SVGRectElement) path.rect(number('x'), number('y'), number('width'), number('height'));
  if (element instanceof SVGCircleElement) path.arc(number('cx'), number('cy'), number('r'), 0, 2 * Math.PI);
  if (element instanceof SVGLineElement) {
    path.moveTo(number('x1'), number('y1'));
    path.lineTo(number('x2'), number('y2'));
  }
  return path;
}

function paintShape(context: CanvasRenderingContext2D, path: Path2D, style: CSSStyleDeclaration): void {
  const alpha = context.globalAlpha;
  if (style.fill !== 'none') {
    context.globalAlpha = alpha * Number(style.fillOpacity);
    context.fillStyle = style.fill;
    context.fill(path);
  }
  if (style.stroke === 'none') return;
  context.globalAlpha = alpha * Number(style.strokeOpacity);
  context.strokeStyle = style.stroke;
  context.lineWidth = parseFloat(style.strokeWidth);
  context.setLineDash(style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(',').map(parseFloat));
  context.stroke(path);
}

function paintText(context: CanvasRenderingContext2D, element: SVGTextElement, style: CSSStyleDeclaration): void {
  const text = element.textContent ?? '';
  if (text === '') return;
  const alignments: Readonly<Record<string, CanvasTextAlign>> = { middle: 'center', end: 'right' };
  context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  context.fillStyle = style.fill;
  context.textAlign = alignments[style.textAnchor] ?? 'left';
  context.textBaseline = 'alphabetic';
  // The browser has already resolved x, y, dx and dy from whatever unit they were given in.
  const start = element.getStartPositionOfChar(0);
  const shift = { center: element.getComputedTextLength() / 2, right: element.getComputedTextLength() } as const;
  const align = context.textAlign;
  context.fillText(text, start.x + (align === 'center' || align === 'right' ? shift[align] : 0), start.y);
}
