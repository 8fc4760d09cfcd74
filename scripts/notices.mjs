// Writes THIRD_PARTY_NOTICES from the last build. Packing the extension fails while the file is out of date.
import { writeFileSync } from 'node:fs';
import { NOTICES, thirdPartyNotices } from './lib/notices.mjs';

writeFileSync(NOTICES, thirdPartyNotices());
