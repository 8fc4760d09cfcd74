/** What a plan needs beyond the counts, in a bundle of its own that is read when the first plan is asked for. */

export { planChoices } from './plan/planChoices';
export { planFit, planReport } from './plan/planReport';
export { planSweep } from './plan/planSweep';
