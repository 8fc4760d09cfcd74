/** Folders, files and links in memory, for the search and the scan. */

import type { FolderReading } from '../../../../src/files/folders';

type Node = 'file' | 'pipe' | { readonly link: string };

export class FakeFolders implements FolderReading {
  readonly entered: string[] = [];
  private readonly folders = new Map<string, Map<string, Node | 'folder'>>([['', new Map()]]);
  private readonly texts = new Map<string, string>();

  /** Adds a file, or a link to a file or folder, and the folders above it. */
  add(path: string, node: Node = 'file', text = '{}'): this {
    const segments = path.split('/').slice(1);
    const name = segments.pop()!;
    let folder = '';
    for (const segment of segments) {
      this.folders.get(folder)!.set(segment, 'folder');
      folder += `/${segment}`;
      if (!this.folders.has(folder)) this.folders.set(folder, new Map());
    }
    this.folders.get(folder)!.set(name, node);
    this.texts.set(path, text);
    return this;
  }

  async read(...[folder, visitor]: Parameters<FolderReading['read']>): Promise<void> {
    await Promise.resolve();
    const real = this.real(folder);
    const entries = this.folders.get(real);
    if (!entries || !visitor.enter(real)) return;
    this.entered.push(real);
    for (const [name, node] of entries) {
      if (typeof node === 'object') visitor.entry(name, 'link');
      else if (node !== 'pipe') visitor.entry(name, node);
    }
  }

  async isFile(file: string): Promise<boolean> {
    const real = this.real(file);
    return this.nodeAt(real) === 'file';
  }

  readonly join = (folder: string, name: string): string => `${folder}/${name}`;

  readonly files = {
    status: async (path: string) => {
      const text = this.texts.get(this.real(path));
      return text === undefined ? null : { bytes: text.length, stamp: '1' };
    },
    readText: async (path: string) => {
      this.opened.push(path);
      await new Promise((resolve) => setImmediate(resolve));
      return this.texts.get(this.real(path)) ?? null;
    },
  };
  /** Paths of the files that were read. */
  readonly opened: string[] = [];

  private nodeAt(path: string): Node | 'folder' | undefined {
    const cut = path.lastIndexOf('/');
    return this.folders.get(path.slice(0, cut))?.get(path.slice(cut + 1));
  }

  /** The path without links. Links to themselves stay. */
  private real(path: string): string {
    let done = '';
    for (const name of path.split('/').slice(1)) {
      let node = this.nodeAt(`${done}/${name}`);
      done = `${done}/${name}`;
      for (let i = 0; typeof node === 'object' && i < 40; i++) {
        done = node.link;
        node = this.nodeAt(done);
      }
    }
    return done;
  }
}
