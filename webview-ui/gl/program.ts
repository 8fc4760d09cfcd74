/** A WebGL program and the locations of its uniforms. */

import { VERTEX_SHADER } from './shaders';

class GlError extends Error {
  override readonly name = 'GlError';
}

interface Program<Name extends string> {
  readonly program: WebGLProgram;
  readonly at: Readonly<Record<Name, WebGLUniformLocation | null>>;
}

/** Throws `GlError` if the shader does not compile. */
export function linkProgram<Name extends string>(
  gl: WebGL2RenderingContext,
  fragment: string,
  uniforms: readonly Name[],
): Program<Name> {
  const program = gl.createProgram();
  const sources = [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const;
  const shaders = sources.map(([type, source]) => {
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
  const at = Object.fromEntries(uniforms.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, at: at as Program<Name>['at'] };
}

/** Creates a texture that is read cell by cell, bound to the active unit. */
export function cellTexture(gl: WebGL2RenderingContext, format: number, width: number, height: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  return texture;
}
