/** All scenarios, in the order in which they run. */

import * as configs from './configScenarios';
import * as weights from './weightScenarios';
import { changingEtag } from './remoteScenario';
import { day } from './dayScenario';
import { fastTabs } from './tabScenarios';
import { fullDisk } from './fullDiskScenario';
import { restrictedMode } from './restrictedScenario';
import { slowDisk } from './slowDiskScenario';
import * as workspaces from './workspaceScenarios';
import type { Scenario } from './scenario';

/** Quick ones of different kinds, for `npm test`. Only their memory has a limit there, because machines differ. */
export const shortSet: readonly Scenario[] = [
  configs.endlessConfigs,
  configs.longBaseNames,
  configs.costlyPatterns,
  weights.tensors200k,
];

export const scenarios: readonly Scenario[] = [
  configs.endlessConfigs,
  configs.deepConfig,
  configs.modelConfigs60,
  configs.modelConfigs500,
  configs.longBaseNames,
  configs.costlyPatterns,
  weights.tensors200k,
  weights.tensors1m,
  weights.longMetadata,
  weights.changingFile,
  changingEtag,
  workspaces.manyAdapters,
  workspaces.hugeNotebook,
  workspaces.hugePython,
  fastTabs,
  fullDisk,
  restrictedMode,
  slowDisk,
  day,
];
