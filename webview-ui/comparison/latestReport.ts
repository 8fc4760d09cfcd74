import type { BudgetInputs, BudgetReport } from '../../src/protocol/calculator';

/**
 * Requests a report at each change and shows only the newest one. `failed` gets errors of the host; a report names the
 * user's own errors.
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
