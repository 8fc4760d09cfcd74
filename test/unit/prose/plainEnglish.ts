/** A comment that opens with one of these has no subject until its end: "Of one kept summary", "With threads, ...". */
const PREPOSITIONS = [
  ...['Of', 'With', 'Without', 'By', 'To', 'For', 'In', 'On', 'At', 'From', 'Into', 'Within', 'Under', 'Over'],
  ...['About', 'Against', 'Among', 'Between', 'Beside', 'Beyond', 'Through', 'Until', 'Per', 'Via', 'Upon'],
  ...['Where', 'Whose', 'Whom', 'Which', 'Than'],
];
/** "For that reason" and the like refer to the sentence before, and open a comment in the middle of a thought. */
const OPENING = new RegExp(`^(${PREPOSITIONS.join('|')})\\b(?! that\\b)`);

/** Phrases that make a reader stop, each with what to write instead. */
const PHRASES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<!there )\b(is|are|be|was) none\b|\bis no number\b/i, 'say what it is instead: "if it is not a valid number"'],
  [/\bwhere (it|there) is none\b/i, 'write "if there is none" or name what is missing'],
  [/\bso (many|little)\b|\bso much as\b/i, 'give the number or its name: "one layer in N"'],
  [/\b(be|is|are) told\b|\btold of\b|\btells of\b/i, 'write "cannot be determined", "is reported", "reports"'],
  [/\bof what it\b/i, 'name the thing: "the error reaches whoever asks for the block"'],
  [/\bwhat (is none|nothing)\b|\bwhat is (said|meant) of\b|\bsaid of it\b/i, 'name the thing'],
  [/\bknows? nothing of\b/i, 'write "does not depend on"'],
  [/\b(is|are) not to be\b|\bis the one to\b/i, 'write "must not", "cannot" or "does"'],
  [/\bin so far\b|\binasmuch\b|\b(there|where|here)(in|of)\b|\blest\b|\bwhence\b|\bsave for\b/i, 'use a plain word'],
];

/** @returns what is wrong with a comment and what to write instead, or `null` */
export function awkwardness(comment: string): string | null {
  const opening = OPENING.exec(comment);
  if (opening) return `opens with "${opening[1]}": put the subject first`;
  for (const [pattern, instead] of PHRASES) {
    const phrase = pattern.exec(comment);
    if (phrase) return `"${phrase[0]}": ${instead}`;
  }
  return null;
}
