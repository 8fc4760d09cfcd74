/**
 * Finds the adapters of a workspace by the names of their files. Reads folders, but no file: a workspace of 20,000
 * adapters has 40,000 of them.
 */

import type { EntryKind, FolderReading } from '../../files/folders';
import type { AdapterFiles, AdapterSearch, SearchedFolder, SearchStop } from '../../protocol/adapters';
import { isAdapterName, MAX_ADAPTERS } from '../../protocol/adapters';
import { Pacer } from '../../checkpoint/pacer';
import { mapInSteps, sortInSteps } from '../../checkpoint/steps';
import type { Steps } from '../../checkpoint/steps';
import { compareKeyed, withOrderKey } from '../../text/nameOrder';
import { adaptersOf, addFile, countAdapters, noFiles } from './adapterFiles';
import type { FolderFiles, FoundAdapters } from './adapterFiles';
import { editorAdapters } from './editorAdapters';
import { ExcludedPaths } from './excludedPaths';

/** A workspace with more folders is a data set. The search takes about 50 µs for each. */
const MAX_FOLDERS = 200_000;
/** The thread pool has four threads, and a queue in front of each keeps them busy. */
const FOLDERS_AT_ONCE = 16;

/** Sorted by folder and name. Rejects with the signal's reason. */
export async function findAdapters(
  { folders }: AdapterSearch,
  reading: FolderReading,
  signal: AbortSignal,
): Promise<FoundAdapters> {
  const roots = folders.filter((folder) => 'path' in folder);
  const pacer = new Pacer(signal);
  const walk = new Walk(reading, pacer);
  await walk.run(roots);
  const elsewhere = folders.flatMap((folder) => ('uri' in folder ? [editorAdapters(folder)] : []));
  const all = [...walk.found, ...elsewhere.flatMap(({ adapters }) => adapters)];
  const adapters = await pacer.run(inOrder(all.slice(0, MAX_ADAPTERS)));
  const cut: SearchStop | null = all.length > MAX_ADAPTERS ? { after: 'adapters', count: MAX_ADAPTERS } : null;
  return { adapters, stopped: cut ?? walk.stopped ?? elsewhere.find(({ stopped }) => stopped)?.stopped ?? null };
}

function* inOrder(adapters: readonly AdapterFiles[]): Steps<AdapterFiles[]> {
  const keyed = yield* mapInSteps(adapters, (adapter) => ({
    adapter,
    folder: withOrderKey(adapter, adapter.folder),
    name: withOrderKey(adapter, adapter.name),
  }));
  const sorted = yield* sortInSteps(keyed, (a, b) => compareKeyed(a.folder, b.folder) || compareKeyed(a.name, b.name));
  return yield* mapInSteps(sorted, ({ adapter }) => adapter);
}

interface Place {
  readonly path: string;
  /** Relative to the root, with slashes. */
  readonly below: string;
  readonly root: Root;
}

interface Root extends Pick<SearchedFolder, 'path' | 'prefix' | 'followLinks'> {
  readonly excluded: ExcludedPaths;
  /** The name of its folder. */
  readonly name: string;
}

interface Contents extends FolderFiles {
  readonly folders: Place[];
}

/** Walks folders level by level. Each is entered once, and links are followed after all that is not a link. */
class Walk {
  readonly found: AdapterFiles[] = [];
  stopped: SearchStop | null = null;
  private readonly seen = new Set<string>();
  private links: Place[] = [];
  private places = 0;

  constructor(
    private readonly reading: FolderReading,
    private readonly pacer: Pacer,
  ) {}

  async run(roots: readonly SearchedFolder[]): Promise<void> {
    let level = roots.map(({ excluded, ...root }): Place => {
      const name = root.path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/s, '');
      return { path: root.path, below: '', root: { ...root, name, excluded: new ExcludedPaths(excluded) } };
    });
    while (level.length > 0 && this.found.length <= MAX_ADAPTERS) {
      const next = await this.visitAll(level);
      if (next.length === 0) [level, this.links] = [this.links, []];
      else level = next;
    }
  }

  /** The folders of the next level. The order of what is found depends on the disk alone, not on its speed. */
  private async visitAll(level: readonly Place[]): Promise<Place[]> {
    const visited: Contents[] = [];
    let next = 0;
    let count = this.found.length;
    const lane = async (): Promise<void> => {
      // One adapter more than is listed tells that there are more.
      while (next < level.length && count <= MAX_ADAPTERS) {
        const index = next++;
        const contents = await this.visit(level[index]!);
        visited[index] = contents;
        count += countAdapters(contents);
        await this.pacer.pause();
      }
    };
    await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, lane));
    const below: Place[] = [];
    for (const [index, contents] of visited.entries()) {
      if (index % FOLDERS_AT_ONCE === 0) await this.pacer.pause();
      for (const adapter of adaptersIn(level[index]!, contents)) this.found.push(adapter);
      for (const folder of contents.folders) below.push(folder);
    }
    return below;
  }

  private async visit(place: Place): Promise<Contents> {
    const contents: Contents = { ...noFiles(), folders: [] };
    const linked: string[] = [];
    await this.reading.read(place.path, {
      enter: (id) => !this.seen.has(id) && this.seen.add(id) !== null,
      entry: (name, kind) => {
        if (kind !== 'folder' && isAdapterName(name)) {
          if (this.isExcluded(place, name)) return;
          if (kind === 'file') addFile(contents, name);
          else if (linked.length <= MAX_ADAPTERS) linked.push(name);
        } else this.addFolder(place, name, kind, contents);
      },
    });
    for (const name of linked) {
      if (await this.reading.isFile(this.reading.join(place.path, name))) addFile(contents, name);
    }
    return contents;
  }

  private addFolder(place: Place, name: string, kind: EntryKind, { folders }: Contents): void {
    if (kind === 'file' || (kind === 'link' && !place.root.followLinks) || this.isExcluded(place, name)) return;
    if (this.places === MAX_FOLDERS) {
      this.stopped = { after: 'folders', count: MAX_FOLDERS };
      return;
    }
    this.places++;
    const { root } = place;
    const found = { path: this.reading.join(place.path, name), below: pathBelow(place, name), root };
    (kind === 'link' ? this.links : folders).push(found);
  }

  private isExcluded(place: Place, name: string): boolean {
    return place.root.excluded.has(pathBelow(place, name));
  }
}

function pathBelow({ below }: Place, name: string): string {
  return below === '' ? name : `${below}/${name}`;
}

function adaptersIn({ path, below, root }: Place, contents: Contents): AdapterFiles[] {
  if (countAdapters(contents) === 0) return [];
  return adaptersOf({ path }, [root.prefix, below].filter(Boolean).join('/') || root.name, contents);
}
