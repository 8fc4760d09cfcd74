/**
 * Fields of PEFT's configs that are declared float. JavaScript has one kind of number, while Python writes a float with
 * a point: `"lora_dropout": 0.0`.
 */

import { CONFIG_ROWS } from './configTable';
import { floatArguments } from './signature';

export const FLOAT_FIELDS: ReadonlySet<string> = new Set(CONFIG_ROWS.flatMap(([, row]) => floatArguments(row)));
