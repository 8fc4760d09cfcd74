import type { BudgetInputs, BudgetReport } from '../../../src/protocol/calculator';

/**
 * Asks for a report at each change and hands on only the newest: an answer that a later question has overtaken is
 * dropped. `failed` hears what the host threw, which is nobody's typing.
 */
export function latestReport(
  compute: (inputs: BudgetInputs) => Promise<BudgetReport>,
  show: (report: BudgetReport) => void,
  failed: (error: unknown) => void,
): (inputs: BudgetInputs) => void {
  let newest = 0;
  return (inputs) => {
    const asked = ++newest;
    compute(inputs).then((report) => {
      if (asked === newest) show(report);
    }, failed);
  };
}
