/** The kinds of fuzz, in the order in which a run takes them. */

import type { FuzzKind } from './kind';
import { budgets } from './kinds/budgets';
import { configs } from './kinds/configs';
import { files } from './kinds/files';
import { indexes } from './kinds/indexes';
import { patterns } from './kinds/patterns';
import { notebooks, python } from './kinds/programs';
import { workspaces } from './kinds/workspaces';

export const KINDS: readonly FuzzKind[] = [files, budgets, configs, indexes, patterns, python, notebooks, workspaces];
