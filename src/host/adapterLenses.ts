import * as vscode from 'vscode';
import type { ConfigAnalysis, TargetLens } from '../protocol/planner';
import type { AdapterAnalyses } from './adapterAnalyses';
import { ADAPTER_CONFIG, rangeOf, whileWanted } from './adapterDocuments';
import { budgetLine, formatCount } from './budgetLine';

/** Limit on entries in a lens, so that it fits in a line of the editor. */
const MAX_ENTRIES = 8;

/** Lenses in adapter_config.json: what it trains on which model, and what each of its targets matches. */
class AdapterLenses implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly analyses: AdapterAnalyses) {
    // An editor that loses focus while it waits does not ask again by itself.
    this.onDidChangeCodeLenses = analyses.onDidAnalyse;
  }

  provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[] | null> {
    return whileWanted(token, async () => {
      const analysis = await this.analyses.of(document);
      // An empty list keeps the lenses while the user types; null would remove them.
      if (!analysis) return [];
      const top = new vscode.Range(0, 0, 0, 0);
      const lenses = commandsFor(document.uri, analysis).map((command) => new vscode.CodeLens(top, command));
      const { targets } = analysis;
      if (targets) lenses.push(new vscode.CodeLens(rangeOf(document, targets), targetsCommand(targets)));
      return lenses;
    });
  }
}

function commandsFor(uri: vscode.Uri, analysis: ConfigAnalysis): vscode.Command[] {
  const { budget, wanted, weightsParameters } = analysis;
  const open = (title: string): vscode.Command => ({
    title,
    command: 'peft.planAdapter',
    arguments: [uri],
    tooltip: vscode.l10n.t('Open these settings in the parameter calculator'),
  });
  if (budget.counted) return [open(budgetLine(budget))];
  const stored =
    weightsParameters === null ? '' : vscode.l10n.t('{0} parameters in the weights', formatCount(weightsParameters));
  if (budget.modelTitle !== null) {
    const problem = vscode.l10n.t('Parameters not counted: {0}', shorten(budget.problem));
    return [...(stored ? [{ title: stored, command: '' }] : []), open(problem)];
  }
  const missing =
    wanted === null
      ? vscode.l10n.t('The config names no base model')
      : vscode.l10n.t('Choose the base model: {0} was not found', shorten(wanted));
  return [
    ...(stored ? [{ title: stored, command: '' }] : []),
    wanted === null
      ? { title: missing, command: '' }
      : { title: missing, command: 'peft.chooseBaseModel', arguments: [wanted] },
    open(vscode.l10n.t('Open calculator')),
  ];
}

/** Counts by entry. A pattern shows only its count, because its text is in the line below. */
function targetsCommand({ entries, modules }: TargetLens): vscode.Command {
  const total = modules === 1 ? vscode.l10n.t('1 module') : vscode.l10n.t('{0} modules', formatCount(modules));
  const shown = entries.slice(0, MAX_ENTRIES).map(([name, count]) => `${shorten(name)} ${formatCount(count)}`);
  const list = entries.length > MAX_ENTRIES ? `${shown.join(', ')}, ...` : shown.join(', ');
  const [only] = entries;
  const title = entries.length === 1 && only?.[1] === modules ? total : vscode.l10n.t('{0}: {1}', total, list);
  return { title, command: '' };
}

const MAX_SHOWN = 100;

function shorten(text: string): string {
  const plain = text.replace(/\s+/g, ' ').replace(/\$\(/g, '$ (');
  return plain.length > MAX_SHOWN ? `${plain.slice(0, MAX_SHOWN)}...` : plain;
}

export function registerAdapterLenses(analyses: AdapterAnalyses): vscode.Disposable {
  return vscode.languages.registerCodeLensProvider(ADAPTER_CONFIG, new AdapterLenses(analyses));
}
