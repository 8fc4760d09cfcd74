/**
 * The two passes. The first turns the floats of a tile into colours, once for each colour map. The second puts coloured
 * tiles on the screen in every frame. One pass would do on a GPU, but it cost five times as much per frame when the
 * processor draws. The vertex shader covers the whole viewport, and a scissor cuts out the tile.
 */

import { LUT_SIZE, SYMLOG_CONSTANT_SHARE } from '../shared/colorMap';
import { STEP_BITS } from '../shared/heatmap/pixelSteps';

const SYMLOG_CONSTANT = glslFloat(SYMLOG_CONSTANT_SHARE);
const SYMLOG_RANGE = glslFloat(Math.log1p(1 / SYMLOG_CONSTANT_SHARE));

export const VERTEX_SHADER = `#version 300 es
void main() {
  // One triangle that reaches beyond every corner.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
`;

/**
 * Values arrive as the bits of floats, since GLSL need not preserve NaN, infinities or subnormal numbers, but has to
 * preserve integers. `colors` is the table of colorTable.ts.
 */
export const COLOR_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;

uniform usampler2D cells;
uniform usampler2D colors;
uniform float inverseLimit;
uniform bool symlog;
uniform bool diverging;
// Colours of NaN, +Inf and -Inf.
uniform uvec3 nonNumbers;

out vec4 color;

int guess(float value) {
  float share = min(abs(value) * inverseLimit, 1.0);
  if (symlog) share = log(1.0 + share / ${SYMLOG_CONSTANT}) / ${SYMLOG_RANGE};
  float position = diverging ? 0.5 + 0.5 * sign(value) * share : (value <= 0.0 ? 0.0 : share);
  return clamp(int(position * ${glslFloat(LUT_SIZE - 1)} + 0.5), 0, ${LUT_SIZE - 1});
}

uint colorOf(uint bits) {
  uint magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return nonNumbers.x;
  if (magnitude == 0x7f800000u) return bits == magnitude ? nonNumbers.y : nonNumbers.z;
  int key = int(bits) ^ ((int(bits) >> 31) & 0x7fffffff);
  int index = guess(uintBitsToFloat(bits));
  uvec4 entry = texelFetch(colors, ivec2(index, 0), 0);
  while (key < int(entry.x)) entry = texelFetch(colors, ivec2(--index, 0), 0);
  while (key >= int(entry.y)) entry = texelFetch(colors, ivec2(++index, 0), 0);
  return entry.z;
}

void main() {
  uint rgba = colorOf(texelFetch(cells, ivec2(gl_FragCoord.xy), 0).r);
  color = vec4(uvec4(rgba, rgba >> 8u, rgba >> 16u, rgba >> 24u) & 255u) / 255.0;
}
`;

export const PLACE_SHADER = `#version 300 es
precision highp float;
precision highp int;

uniform sampler2D colored;
// Of pixelSteps.ts, x across and y down.
uniform ivec2 first;
uniform uvec2 origin;
uniform uvec2 stride;
uniform uvec2 last;
// Row of the drawing buffer that is the picture's topmost.
uniform int top;

out vec4 color;

void main() {
  ivec2 pixel = ivec2(int(gl_FragCoord.x), top - int(gl_FragCoord.y));
  uvec2 cell = min((origin + uvec2(pixel - first) * stride) >> ${STEP_BITS}u, last);
  color = texelFetch(colored, ivec2(cell), 0);
}
`;

function glslFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
