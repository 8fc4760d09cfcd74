/** The last segment of the path, which names the file in tabs and messages. */
export function basename({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
