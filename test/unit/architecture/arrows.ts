/** Rooms below src, and the rooms each may import: the table of CONTRIBUTING, "Rooms and arrows". */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  peftConfig: [],
  text: [],
  tensor: [],
  peft: ['tensor'],
  python: ['peftConfig', 'protocol'],
  checkpoint: ['tensor', 'peftConfig', 'text'],
  budget: ['peftConfig', 'text'],
  protocol: ['checkpoint', 'tensor', 'peftConfig'],
  matrices: ['checkpoint', 'tensor', 'peftConfig', 'protocol'],
  files: ['checkpoint', 'peftConfig', 'protocol'],
  planner: ['peftConfig', 'text', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'matrices', 'protocol', 'files'],
  worker: ['peftConfig', 'tensor', 'peft', 'checkpoint', 'matrices', 'protocol', 'files'],
  host: ['peftConfig', 'text', 'checkpoint', 'protocol', 'files'],
  cli: ['peftConfig', 'text', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'matrices', 'files'],
  'library.ts': ['peftConfig', 'tensor', 'peft', 'checkpoint', 'budget', 'matrices'],
  'extension.ts': ['host'],
};
