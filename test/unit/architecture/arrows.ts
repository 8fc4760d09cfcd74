/** Rooms below src, and the rooms each may import: the table of CONTRIBUTING, "Rooms and arrows". */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  peftConfig: [],
  text: [],
  tensor: [],
  peft: ['tensor'],
  python: ['peftConfig', 'protocol'],
  checkpoint: ['tensor', 'peftConfig', 'text'],
  budget: ['peftConfig', 'text'],
  model: ['tensor', 'peft', 'peftConfig', 'budget'],
  protocol: ['checkpoint', 'tensor', 'peftConfig'],
  matrices: ['checkpoint', 'tensor', 'peftConfig', 'protocol'],
  findings: ['checkpoint', 'peftConfig', 'text', 'matrices', 'protocol'],
  files: ['checkpoint', 'peftConfig', 'protocol'],
  planner: ['peftConfig', 'text', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'matrices', 'protocol', 'files'],
  worker: ['peftConfig', 'tensor', 'peft', 'checkpoint', 'matrices', 'findings', 'protocol', 'files'],
  host: ['peftConfig', 'text', 'checkpoint', 'protocol', 'files'],
  cli: [
    ...['peftConfig', 'text', 'tensor', 'peft', 'python', 'checkpoint', 'budget', 'model', 'matrices', 'findings'],
    ...['protocol', 'files'],
  ],
  'library.ts': ['peftConfig', 'tensor', 'peft', 'checkpoint', 'budget', 'model', 'matrices'],
  'extension.ts': ['host'],
};
