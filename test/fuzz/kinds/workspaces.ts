/**
 * Sends random workspaces on a disk through the list of adapters, the search for models, the analysis of each config,
 * the worker and the command line.
 */

import { realpath } from 'node:fs/promises';
import * as path from 'node:path';
import { localFolders } from '../../../src/files/folders';
import type { FolderReading } from '../../../src/files/folders';
import { nodeFiles } from '../../../src/files/nodeFile';
import { nodeModelFiles } from '../../../src/files/nodeModelFiles';
import { CONFIG_FILE } from '../../../src/protocol/adapters';
import type { AdapterFiles } from '../../../src/protocol/adapters';
import { summariseWeights } from '../../../src/worker/summariseWeights';
import { unpackJson } from '../../../src/protocol/packedDescription';
import type { WorkspaceModel } from '../../../src/protocol/models';
import type { AdapterWeights } from '../../../src/protocol/planner';
import type { Random } from '../../../src/tensor/random';
import { runCommand, temporaryFolder } from '../cliTrial';
import { configMaker } from '../configText';
import type { FuzzKind } from '../kind';
import { repeatable } from '../kind';
import { pick } from '../mutate';
import type { AskPlanner } from '../plannerTrial';
import { analyseDocument, askPlanner } from '../plannerTrial';
import { checkReply } from '../replies';
import { fixtureCases } from '../seeds';
import { tryFile } from '../trial';
import { typedCode } from '../typedErrors';
import { listFiles, matchingFiles, prepareTrees, readText, writeTree } from '../workspaceTree';

/** Adapters and folders of a case that are looked into. */
const LOOKED_INTO = 2;
const SCANNED_BYTES = 1 << 20;
const MAX_LISTED = 20;
const MAX_SUMMARY = 1 << 20;

export const workspaces: FuzzKind = {
  name: 'workspaces',
  cases: 10_000,
  maxBytes: null,
  load() {
    const root = path.join(temporaryFolder(), 'workspace');
    prepareTrees(root);
    const sources = { configs: configMaker(), checkpoints: fixtureCases() };
    return (random) => {
      const numbers = repeatable(random);
      return {
        shown: 'a workspace; the case writes it again',
        run: async () => {
          const own = numbers();
          writeTree(root, own, sources);
          return lookInto(root, own);
        },
      };
    };
  },
};

async function lookInto(root: string, random: Random): Promise<string> {
  const ask = askPlanner({
    files: { ...nodeModelFiles, hubFolders: [root] },
    host: { readText: async () => null, weights: (file) => weightsOf(file) },
    folders: foldersWithin(root),
  });
  const models = await findModels(ask, root, listFiles(root));
  const adapters = await listAdapters(ask, root);
  const outcomes: string[] = [];
  for (const adapter of adapters.slice(0, LOOKED_INTO)) {
    const folder = folderOf(adapter);
    const text = await readText(path.join(folder, CONFIG_FILE));
    const file = adapter.weights === null ? null : path.join(folder, adapter.weights);
    const weights = file === null ? null : { uri: file, stamp: '1' };
    const document = { text: text ?? '', weights, folder, localFolder: folder, workspace: models };
    if (text !== null) outcomes.push(await analyseDocument(ask, document));
    if (file !== null) await tryFile(nodeFiles, file);
  }
  const folders = [root, ...adapters.map(folderOf)];
  await runCommand(pick(random, ['inspect', 'check'] as const), [pick(random, folders)]);
  const listed = adapters.length > 0 ? 'adapters' : 'no adapter';
  return `${listed}, ${outcomes.includes('counted') ? 'counted' : models.length > 0 ? 'models' : 'no model'}`;
}

async function findModels(ask: AskPlanner, root: string, files: readonly string[]): Promise<WorkspaceModel[]> {
  const found = matchingFiles(files, '**/config.json');
  const { facts } = await ask('models/scan', { files: found.map((file) => ({ path: file })), maxBytes: SCANNED_BYTES });
  return found.flatMap((file, index): WorkspaceModel[] => {
    const known = facts[index];
    const folder = path.dirname(file);
    if (!known) return [];
    const title = path.relative(root, file);
    return [
      { title, folder, name: path.basename(folder), ownName: known.ownName, file: { kind: 'file', title, path: file } },
    ];
  });
}

/** The rows of the list, which must have all adapters. A filter by the path of one must find it. */
async function listAdapters(ask: AskPlanner, root: string): Promise<readonly AdapterFiles[]> {
  const search = { revision: 1, folders: [{ path: root, prefix: '', excluded: [], followLinks: true }] };
  const { rows, total } = await ask('adapters/page', { search, words: [], rows: MAX_LISTED });
  if (rows.length !== Math.min(total, MAX_LISTED)) throw new Error(`${total} adapters have ${rows.length} rows`);
  checkReply('the list', rows);
  const [first] = rows;
  if (first) {
    const words = first.adapter.folder.toLowerCase().split(/\s+/).filter(Boolean);
    const { matching } = await ask('adapters/page', { search, words, rows: MAX_LISTED });
    if (matching === 0) throw new Error(`a filter by ${JSON.stringify(words)} finds nothing`);
  }
  return rows.map(({ adapter }) => adapter);
}

/** Links may lead out of the workspace, to folders that have nothing to do with the case and take long to walk. */
function foldersWithin(root: string): FolderReading {
  return {
    ...localFolders,
    async read(folder, visitor) {
      const [own, real] = await Promise.all([root, folder].map((place) => realpath(place).catch(() => null)));
      if (own && real && (real === own || real.startsWith(own + path.sep))) await localFolders.read(folder, visitor);
    },
  };
}

function folderOf({ place }: AdapterFiles): string {
  if (!('path' in place)) throw new Error('an adapter of a local workspace is elsewhere');
  return place.path;
}

/** What the worker tells the planner of an adapter's weights. */
async function weightsOf(file: string): Promise<AdapterWeights | null> {
  try {
    const packed = await summariseWeights(nodeFiles, file, MAX_SUMMARY, new AbortController().signal);
    return packed && ((await unpackJson(packed)) as AdapterWeights);
  } catch (error) {
    typedCode(error);
    return null;
  }
}
