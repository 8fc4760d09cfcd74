import type { HttpOptions } from './httpRequest';

/** Asks once for all requests of a redirect. Consent lasts as long as the thread; after a refusal it asks again. */
export function redirectConsent(ask: HttpOptions['allowPrivate']): HttpOptions['allowPrivate'] {
  const replies = new Map<string, Promise<boolean>>();
  return (redirect) => {
    const key = `${redirect.from} ${redirect.to} ${redirect.address}`;
    const known = replies.get(key);
    if (known) return known;
    const reply = ask(redirect);
    const forget = (): void => void replies.delete(key);
    replies.set(key, reply);
    reply.then((consented) => consented || forget(), forget);
    return reply;
  };
}
