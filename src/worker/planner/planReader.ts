/** What a plan needs beyond the counts, in a bundle of its own that is read when the first plan is asked for. */

export { planChoices } from './planChoices';
export { planFit, planReport } from './planReport';
export { planSweep } from './planSweep';
