/** The code for plans, a separate bundle that is loaded with the first plan. */

export { planChoices } from './plan/planChoices';
export { planFit, planReport } from './plan/planReport';
export { planSweep } from './plan/planSweep';
